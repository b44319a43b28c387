;; Put before our module by wasm-merge, for the tests alone: a request with the header `x-die` ends the virtual machine, and
;; the gauge `open_streams` says how many requests our module was told of and not yet told to forget.
(module
  (import "iter8" "memory" (memory 1))
  (import "iter8" "proxy_on_memory_allocate" (func $allocate (param i32) (result i32)))
  (import "iter8" "proxy_on_request_headers" (func $go_on (param i32 i32 i32) (result i32)))
  (import "iter8" "proxy_on_context_create" (func $create (param i32 i32)))
  (import "iter8" "proxy_on_delete" (func $delete (param i32)))
  (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
  ;; The gauge's number in Envoy; 0: it has none yet.
  (global $gauge (mut i32) (i32.const 0))
  (func $count (param $more i64)
    (local $name i32)
    (if (i32.eqz (global.get $gauge))
      (then
        (local.set $name (call $allocate (i32.const 16)))
        ;; "open_str", "eams"
        (i64.store align=1 (local.get $name) (i64.const 0x7274735f6e65706f))
        (i32.store offset=8 align=1 (local.get $name) (i32.const 0x736d6165))
        (drop (call $define (i32.const 1) (local.get $name) (i32.const 12) (i32.add (local.get $name) (i32.const 12))))
        (global.set $gauge (i32.load offset=12 align=1 (local.get $name)))))
    (drop (call $increment (global.get $gauge) (local.get $more))))
  (func (export "proxy_on_context_create") (param $context i32) (param $root i32)
    (call $create (local.get $context) (local.get $root))
    ;; Those without a root are roots.
    (if (local.get $root) (then (call $count (i64.const 1)))))
  (func (export "proxy_on_delete") (param $context i32)
    (call $delete (local.get $context))
    (call $count (i64.const -1)))
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
