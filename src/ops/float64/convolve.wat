;; The convolution of one image in float64, four outputs by four places at a time. convolve-wasm.ts
;; holds this module as bytes; CONTRIBUTING.md says how it is made.
(module
  (memory (import "host" "memory") 1)

  ;; Addresses of x [channels, height, width], of filters in panels of four outputs,
  ;; [panels, channels, k, l, 4], of b [4 panels] and of the result, a place every 8 bytes and an
  ;; output every `pitch`; bytes of a channel (`plane`) and of a row (`line`) of x; rows and columns
  ;; of the result.
  ;;
  ;; Sums run over channels, rows and columns of a filter in their order, each product rounded before
  ;; it is added. Four places are computed even where fewer are left in a row: up to 24 bytes behind x
  ;; are read, and behind each output written; rows go from the first to the last, so that what this
  ;; overwrites is written again.
  (func (export "convolve")
    (param $x i32) (param $w i32) (param $bias i32) (param $out i32)
    (param $channels i32) (param $plane i32) (param $line i32) (param $k i32) (param $l i32)
    (param $panels i32) (param $rows i32) (param $columns i32) (param $pitch i32)
    (local $row i32) (local $rowAt i32) (local $rowTo i32)
    (local $column i32) (local $tileAt i32) (local $tileTo i32) (local $to i32)
    (local $weight i32) (local $channel i32) (local $planeAt i32)
    (local $u i32) (local $lineAt i32) (local $v i32) (local $at i32)
    (local $value v128) (local $w0 v128) (local $w1 v128)
    (local $s00 v128) (local $s01 v128) (local $s10 v128) (local $s11 v128)
    (local $s20 v128) (local $s21 v128) (local $s30 v128) (local $s31 v128)

    (loop $nextPanel
      (local.set $rowAt (local.get $x))
      (local.set $rowTo (local.get $out))
      (local.set $row (local.get $rows))
      (loop $nextRow
        (local.set $tileAt (local.get $rowAt))
        (local.set $tileTo (local.get $rowTo))
        (local.set $column (local.get $columns))
        (loop $nextTile
          (local.set $s00 (v128.load (local.get $bias)))
          (local.set $s01 (v128.load offset=16 (local.get $bias)))
          (local.set $s10 (local.get $s00))
          (local.set $s11 (local.get $s01))
          (local.set $s20 (local.get $s00))
          (local.set $s21 (local.get $s01))
          (local.set $s30 (local.get $s00))
          (local.set $s31 (local.get $s01))
          (local.set $weight (local.get $w))
          (local.set $planeAt (local.get $tileAt))
          (local.set $channel (local.get $channels))
          (loop $nextChannel
            (local.set $lineAt (local.get $planeAt))
            (local.set $u (local.get $k))
            (loop $nextLine
              (local.set $at (local.get $lineAt))
              (local.set $v (local.get $l))
              (loop $nextNumber
                (local.set $w0 (v128.load (local.get $weight)))
                (local.set $w1 (v128.load offset=16 (local.get $weight)))
                (local.set $value (v128.load64_splat (local.get $at)))
                (local.set $s00
                  (f64x2.add (local.get $s00) (f64x2.mul (local.get $value) (local.get $w0))))
                (local.set $s01
                  (f64x2.add (local.get $s01) (f64x2.mul (local.get $value) (local.get $w1))))
                (local.set $value (v128.load64_splat offset=8 (local.get $at)))
                (local.set $s10
                  (f64x2.add (local.get $s10) (f64x2.mul (local.get $value) (local.get $w0))))
                (local.set $s11
                  (f64x2.add (local.get $s11) (f64x2.mul (local.get $value) (local.get $w1))))
                (local.set $value (v128.load64_splat offset=16 (local.get $at)))
                (local.set $s20
                  (f64x2.add (local.get $s20) (f64x2.mul (local.get $value) (local.get $w0))))
                (local.set $s21
                  (f64x2.add (local.get $s21) (f64x2.mul (local.get $value) (local.get $w1))))
                (local.set $value (v128.load64_splat offset=24 (local.get $at)))
                (local.set $s30
                  (f64x2.add (local.get $s30) (f64x2.mul (local.get $value) (local.get $w0))))
                (local.set $s31
                  (f64x2.add (local.get $s31) (f64x2.mul (local.get $value) (local.get $w1))))
                (local.set $weight (i32.add (local.get $weight) (i32.const 32)))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $nextNumber
                  (local.tee $v (i32.sub (local.get $v) (i32.const 1)))))
              (local.set $lineAt (i32.add (local.get $lineAt) (local.get $line)))
              (br_if $nextLine (local.tee $u (i32.sub (local.get $u) (i32.const 1)))))
            (local.set $planeAt (i32.add (local.get $planeAt) (local.get $plane)))
            (br_if $nextChannel
              (local.tee $channel (i32.sub (local.get $channel) (i32.const 1)))))

          (local.set $to (local.get $tileTo))
          (v128.store64_lane 0 (local.get $to) (local.get $s00))
          (v128.store64_lane offset=8 0 (local.get $to) (local.get $s10))
          (v128.store64_lane offset=16 0 (local.get $to) (local.get $s20))
          (v128.store64_lane offset=24 0 (local.get $to) (local.get $s30))
          (local.set $to (i32.add (local.get $to) (local.get $pitch)))
          (v128.store64_lane 1 (local.get $to) (local.get $s00))
          (v128.store64_lane offset=8 1 (local.get $to) (local.get $s10))
          (v128.store64_lane offset=16 1 (local.get $to) (local.get $s20))
          (v128.store64_lane offset=24 1 (local.get $to) (local.get $s30))
          (local.set $to (i32.add (local.get $to) (local.get $pitch)))
          (v128.store64_lane 0 (local.get $to) (local.get $s01))
          (v128.store64_lane offset=8 0 (local.get $to) (local.get $s11))
          (v128.store64_lane offset=16 0 (local.get $to) (local.get $s21))
          (v128.store64_lane offset=24 0 (local.get $to) (local.get $s31))
          (local.set $to (i32.add (local.get $to) (local.get $pitch)))
          (v128.store64_lane 1 (local.get $to) (local.get $s01))
          (v128.store64_lane offset=8 1 (local.get $to) (local.get $s11))
          (v128.store64_lane offset=16 1 (local.get $to) (local.get $s21))
          (v128.store64_lane offset=24 1 (local.get $to) (local.get $s31))

          (local.set $tileAt (i32.add (local.get $tileAt) (i32.const 32)))
          (local.set $tileTo (i32.add (local.get $tileTo) (i32.const 32)))
          (br_if $nextTile
            (i32.gt_s
              (local.tee $column (i32.sub (local.get $column) (i32.const 4)))
              (i32.const 0))))
        (local.set $rowAt (i32.add (local.get $rowAt) (local.get $line)))
        (local.set $rowTo
          (i32.add (local.get $rowTo) (i32.shl (local.get $columns) (i32.const 3))))
        (br_if $nextRow (local.tee $row (i32.sub (local.get $row) (i32.const 1)))))
      (local.set $w (local.get $weight))
      (local.set $bias (i32.add (local.get $bias) (i32.const 32)))
      (local.set $out (i32.add (local.get $out) (i32.shl (local.get $pitch) (i32.const 2))))
      (br_if $nextPanel (local.tee $panels (i32.sub (local.get $panels) (i32.const 1)))))))
