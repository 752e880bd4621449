//! Transactions in, receipts and state changes out: dispatch between VMs, the border, gas, faults, traces.
