pub(crate) struct Tx;
