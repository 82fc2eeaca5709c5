//! lazaret-source
