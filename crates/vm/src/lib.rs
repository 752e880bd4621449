//! The border as traits: what a VM adapter implements and what the host offers it.
