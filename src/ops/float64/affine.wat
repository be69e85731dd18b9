;; The affine product x W + b of float64, four rows by four columns at a time. affine-wasm.ts holds
;; this module as bytes; CONTRIBUTING.md says how it is made.
(module
  (memory (import "host" "memory") 1)

  ;; Addresses of x [rows, fanIn], of W in panels of four columns, [⌈fanOut / 4⌉, fanIn, 4], of b
  ;; [4 ⌈fanOut / 4⌉] and of the result [rows, fanOut]; `rows` is a positive multiple of 4, and so
  ;; are columns of W and b, of which what exceeds fanOut may be anything.
  ;;
  ;; Sums run over the inputs in their order, each product rounded before it is added. Stores are
  ;; four columns wide and so may reach beyond their row, up to 24 bytes beyond the last: panels go
  ;; from the last to the first and rows from the first to the last, so that what they overwrite is
  ;; written again.
  (func (export "affine")
    (param $x i32) (param $w i32) (param $bias i32) (param $out i32)
    (param $rows i32) (param $fanIn i32) (param $fanOut i32)
    (local $xBytes i32) (local $outBytes i32) (local $xEnd i32) (local $column i32)
    (local $x0 i32) (local $x1 i32) (local $x2 i32) (local $x3 i32) (local $x0End i32)
    (local $panel i32) (local $to i32)
    (local $v v128) (local $w0 v128) (local $w1 v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)

    (local.set $xBytes (i32.shl (local.get $fanIn) (i32.const 3)))
    (local.set $outBytes (i32.shl (local.get $fanOut) (i32.const 3)))
    (local.set $xEnd
      (i32.add (local.get $x) (i32.mul (local.get $rows) (local.get $xBytes))))

    (loop $nextRows
      (local.set $column (i32.and (i32.sub (local.get $fanOut) (i32.const 1)) (i32.const -4)))
      (loop $nextPanel
        (local.set $x0 (local.get $x))
        (local.set $x1 (i32.add (local.get $x0) (local.get $xBytes)))
        (local.set $x2 (i32.add (local.get $x1) (local.get $xBytes)))
        (local.set $x3 (i32.add (local.get $x2) (local.get $xBytes)))
        (local.set $x0End (local.get $x1))
        (local.set $panel
          (i32.add (local.get $w) (i32.mul (local.get $column) (local.get $xBytes))))
        (local.set $to (i32.shl (local.get $column) (i32.const 3)))
        (local.set $s00 (v128.load (i32.add (local.get $bias) (local.get $to))))
        (local.set $s01 (v128.load offset=16 (i32.add (local.get $bias) (local.get $to))))
        (local.set $to (i32.add (local.get $out) (local.get $to)))
        (local.set $s10 (local.get $s00))
        (local.set $s11 (local.get $s01))
        (local.set $s20 (local.get $s00))
        (local.set $s21 (local.get $s01))
        (local.set $s30 (local.get $s00))
        (local.set $s31 (local.get $s01))

        (loop $nextInput
          (local.set $w0 (v128.load (local.get $panel)))
          (local.set $w1 (v128.load offset=16 (local.get $panel)))
          (local.set $v (v128.load64_splat (local.get $x0)))
          (local.set $s00 (f64x2.add (local.get $s00) (f64x2.mul (local.get $v) (local.get $w0))))
          (local.set $s01 (f64x2.add (local.get $s01) (f64x2.mul (local.get $v) (local.get $w1))))
          (local.set $v (v128.load64_splat (local.get $x1)))
          (local.set $s10 (f64x2.add (local.get $s10) (f64x2.mul (local.get $v) (local.get $w0))))
          (local.set $s11 (f64x2.add (local.get $s11) (f64x2.mul (local.get $v) (local.get $w1))))
          (local.set $v (v128.load64_splat (local.get $x2)))
          (local.set $s20 (f64x2.add (local.get $s20) (f64x2.mul (local.get $v) (local.get $w0))))
          (local.set $s21 (f64x2.add (local.get $s21) (f64x2.mul (local.get $v) (local.get $w1))))
          (local.set $v (v128.load64_splat (local.get $x3)))
          (local.set $s30 (f64x2.add (local.get $s30) (f64x2.mul (local.get $v) (local.get $w0))))
          (local.set $s31 (f64x2.add (local.get $s31) (f64x2.mul (local.get $v) (local.get $w1))))
          (local.set $panel (i32.add (local.get $panel) (i32.const 32)))
          (local.set $x1 (i32.add (local.get $x1) (i32.const 8)))
          (local.set $x2 (i32.add (local.get $x2) (i32.const 8)))
          (local.set $x3 (i32.add (local.get $x3) (i32.const 8)))
          (br_if $nextInput (i32.lt_u
            (local.tee $x0 (i32.add (local.get $x0) (i32.const 8)))
            (local.get $x0End))))

        (v128.store (local.get $to) (local.get $s00))
        (v128.store offset=16 (local.get $to) (local.get $s01))
        (local.set $to (i32.add (local.get $to) (local.get $outBytes)))
        (v128.store (local.get $to) (local.get $s10))
        (v128.store offset=16 (local.get $to) (local.get $s11))
        (local.set $to (i32.add (local.get $to) (local.get $outBytes)))
        (v128.store (local.get $to) (local.get $s20))
        (v128.store offset=16 (local.get $to) (local.get $s21))
        (local.set $to (i32.add (local.get $to) (local.get $outBytes)))
        (v128.store (local.get $to) (local.get $s30))
        (v128.store offset=16 (local.get $to) (local.get $s31))
        (br_if $nextPanel (i32.ge_s
          (local.tee $column (i32.sub (local.get $column) (i32.const 4)))
          (i32.const 0))))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $outBytes) (i32.const 2))))
      (br_if $nextRows (i32.lt_u
        (local.tee $x (i32.add (local.get $x) (i32.shl (local.get $xBytes) (i32.const 2))))
        (local.get $xEnd))))))
