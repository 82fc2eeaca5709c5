//! lazaret-version
