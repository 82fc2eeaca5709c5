//! lazaret-advisory
