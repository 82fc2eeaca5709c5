//! lazaret-oci
