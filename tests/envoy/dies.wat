;; Put before our module by wasm-merge, for the tests alone: a request with the header `x-die` ends the virtual machine.
(module
  (import "iter8" "memory" (memory 1))
  (import "iter8" "proxy_on_memory_allocate" (func $allocate (param i32) (result i32)))
  (import "iter8" "proxy_on_request_headers" (func $go_on (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $name i32)
    (local.set $name (call $allocate (i32.const 16)))
    ;; "x-di", "e"
    (i32.store align=1 (local.get $name) (i32.const 0x69642d78))
    (i32.store8 offset=4 (local.get $name) (i32.const 0x65))
    (if (i32.eqz (call $header (i32.const 0) (local.get $name) (i32.const 5)
          (i32.add (local.get $name) (i32.const 8)) (i32.add (local.get $name) (i32.const 12))))
      (then (unreachable)))
    (call $go_on (local.get 0) (local.get 1) (local.get 2)))
)
