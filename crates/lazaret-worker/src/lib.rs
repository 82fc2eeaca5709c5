//! lazaret-worker
