//! lazaret-assess
