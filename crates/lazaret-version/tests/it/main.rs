//! Order tables, the laws of an order, and second opinions.

mod laws;
mod oracle;
mod table;
mod valid;
