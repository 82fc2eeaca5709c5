//! lazaret-inventory
