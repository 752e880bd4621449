//! Frames inside one another, threads, panics: whoever uses the instances up, nobody else notices.

mod support;

use hexapla_primitives::Bytes;
use hexapla_vm::{CallOutcome, Exit, Fatal, FrameEnd, Host, Vm};
use hexapla_wasm::{Config, EngineKind, StylusVm, limits};
use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier},
};
use support::*;

/// A VM on each engine with so many instances prepared.
fn engines_with(pool_size: u32) -> Vec<Arc<StylusVm>> {
    let kinds = [
        EngineKind::Wasmi,
        #[cfg(feature = "wasmtime")]
        EngineKind::Wasmtime,
    ];
    kinds.map(|engine| Arc::new(StylusVm::new(Config { engine, pool_size, ..Config::default() }).unwrap())).into()
}

/// A thread with the native stack of so many frames.
fn on_stack_for<T: Send + 'static>(frames: usize, run: impl FnOnce() -> T + Send + 'static) -> T {
    let stack = frames * (64 << 10) + limits::NATIVE_STACK_BYTES_PER_FRAME;
    std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap()
}

thread_local! {
    static NESTED: RefCell<Option<(Arc<StylusVm>, u32)>> = const { RefCell::new(None) };
}

/// A program that calls itself through the host until so many instances are alive.
fn nest(vm: &Arc<StylusVm>, depth: u32) -> Result<FrameEnd, Fatal> {
    NESTED.set(Some((vm.clone(), depth - 1)));
    let mut host = MockHost::new();
    host.on_call = Some(|host, _| {
        let (vm, left) = NESTED.with_borrow_mut(|nested| {
            let (vm, left) = nested.as_mut().unwrap();
            let before = *left;
            *left = before.saturating_sub(1);
            (vm.clone(), before)
        });
        if left > 0 {
            let mut frame = nesting_frame();
            frame.gas_limit = host.gas;
            let end = vm.run(&frame, host)?;
            host.gas = host.gas.min(end.gas_left);
            assert!(end.exit.is_success());
        }
        Ok(CallOutcome { success: true, output: Bytes::new(), fault: None })
    });
    activate(vm, &nesting_frame(), &mut host);
    host.gas = PLENTY;
    let end = vm.run(&nesting_frame(), &mut host)?;
    assert_eq!(NESTED.with_borrow(|nested| nested.as_ref().unwrap().1), 0);
    Ok(end)
}

#[test]
fn frames_nest_to_a_depth_of_sixty_four_on_all_engines() {
    for vm in engines_with(64) {
        assert!(on_stack_for(64, move || nest(&vm, 64)).unwrap().exit.is_success());
    }
}

#[test]
fn s22_a_pool_that_is_used_up_changes_neither_result_nor_gas() {
    let expected = on_stack_for(16, || nest(&engines_with(64)[0], 16)).unwrap();
    assert!(matches!(expected.exit, Exit::Return(_)));
    for pool_size in [1, 2, 15] {
        for vm in engines_with(pool_size) {
            let end = on_stack_for(16, move || nest(&vm, 16));
            assert_eq!(end.as_ref(), Ok(&expected), "{pool_size} instances");
        }
    }
}

#[test]
fn s22_threads_that_hold_all_instances_cost_no_other_thread_its_run() {
    const THREADS: usize = 4;
    for vm in engines_with(1) {
        let expected = nest(&vm, 1).unwrap();
        let barrier = Arc::new(Barrier::new(THREADS));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (vm, barrier) = (vm.clone(), barrier.clone());
                std::thread::spawn(move || all_at_once(&vm, &barrier))
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(expected.clone()));
        }
    }
}

thread_local! {
    static MEETING: RefCell<Option<Arc<Barrier>>> = const { RefCell::new(None) };
}

/// A run that waits, with its instance alive, until all threads have got that far.
fn all_at_once(vm: &StylusVm, barrier: &Arc<Barrier>) -> Result<FrameEnd, Fatal> {
    MEETING.set(Some(barrier.clone()));
    let mut host = MockHost::new();
    host.on_call = Some(|_, _| {
        MEETING.with_borrow(|barrier| barrier.as_ref().unwrap().wait());
        Ok(CallOutcome { success: true, output: Bytes::new(), fault: None })
    });
    activate(vm, &nesting_frame(), &mut host);
    host.gas = PLENTY;
    vm.run(&nesting_frame(), &mut host)
}

#[test]
fn s22_a_panic_of_the_host_passes_through_the_engine_and_leaves_it_as_it_was() {
    for vm in engines_with(1) {
        let expected = nest(&vm, 2).unwrap();
        for depth in [1, 3] {
            let panicked = catch_unwind(AssertUnwindSafe(|| panic_at(&vm, depth)));
            let payload = panicked.unwrap_err();
            assert_eq!(payload.downcast_ref::<&str>(), Some(&"a bug of the host"), "depth {depth}");
            assert_eq!(nest(&vm, 2), Ok(expected.clone()), "the instance came back to the pool");
        }
    }
}

/// Frames inside one another, of which the innermost makes the host panic.
fn panic_at(vm: &Arc<StylusVm>, depth: u32) -> Result<FrameEnd, Fatal> {
    NESTED.set(Some((vm.clone(), depth)));
    let mut host = MockHost::new();
    host.on_call = Some(|host, _| {
        let (vm, left) = NESTED.with_borrow_mut(|nested| {
            let (vm, left) = nested.as_mut().unwrap();
            *left -= 1;
            (vm.clone(), *left)
        });
        assert_ne!(host.gas, 0);
        if left == 0 {
            std::panic::panic_any("a bug of the host");
        }
        let mut frame = nesting_frame();
        frame.gas_limit = host.gas;
        vm.run(&frame, host as &mut dyn Host)?;
        unreachable!("the innermost frame panics")
    });
    activate(vm, &nesting_frame(), &mut host);
    host.gas = PLENTY;
    vm.run(&nesting_frame(), &mut host)
}

#[test]
fn the_vm_is_shared_by_threads() {
    for vm in engines_with(8) {
        let frames: Vec<_> = (0..8).map(unique).collect();
        let mut host = MockHost::new();
        for frame in &frames {
            activate(&vm, frame, &mut host);
        }
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for frame in frames.iter().cycle().take(200) {
                        assert!(run_frame(&vm, frame, &mut host.clone()).exit.is_success());
                    }
                });
            }
        });
    }
}
