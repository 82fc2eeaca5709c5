//! lazaret-report
