;; One step of AdamW and of the moving average, four values at a time (adam-kernel.ts has the
;; formulas). adam-wasm.ts holds this module as bytes; CONTRIBUTING.md says how it is made.
(module
  (memory (import "host" "memory") 1)

  ;; The first five parameters are addresses of arrays of `bytes` bytes, a positive multiple of 16.
  (func (export "adamStep")
    (param $parameter i32) (param $gradient i32) (param $first i32) (param $second i32)
    (param $average i32) (param $bytes i32)
    (param $gradientScale f32) (param $share1 f32) (param $beta2 f32) (param $share2 f32)
    (param $keep f32) (param $stepSize f32) (param $epsilon f32) (param $averageShare f32)
    (local $at i32)
    (local $g v128) (local $m v128) (local $v v128) (local $theta v128) (local $mean v128)

    (loop $next
      ;; g = gradientScale · gradient
      (local.set $g (f32x4.mul
        (f32x4.splat (local.get $gradientScale))
        (v128.load (i32.add (local.get $gradient) (local.get $at)))))

      ;; m = m + (1 − β₁)(g − m)
      (local.set $m (v128.load (i32.add (local.get $first) (local.get $at))))
      (local.set $m (f32x4.add
        (local.get $m)
        (f32x4.mul
          (f32x4.splat (local.get $share1))
          (f32x4.sub (local.get $g) (local.get $m)))))
      (v128.store (i32.add (local.get $first) (local.get $at)) (local.get $m))

      ;; v = β₂ v + (1 − β₂) g²
      (local.set $v (f32x4.add
        (f32x4.mul
          (f32x4.splat (local.get $beta2))
          (v128.load (i32.add (local.get $second) (local.get $at))))
        (f32x4.mul
          (f32x4.splat (local.get $share2))
          (f32x4.mul (local.get $g) (local.get $g)))))
      (v128.store (i32.add (local.get $second) (local.get $at)) (local.get $v))

      ;; θ = keep · θ − stepSize · m / (√v + ε)
      (local.set $theta (f32x4.sub
        (f32x4.mul
          (f32x4.splat (local.get $keep))
          (v128.load (i32.add (local.get $parameter) (local.get $at))))
        (f32x4.div
          (f32x4.mul (f32x4.splat (local.get $stepSize)) (local.get $m))
          (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (local.get $epsilon))))))
      (v128.store (i32.add (local.get $parameter) (local.get $at)) (local.get $theta))

      ;; s = s + averageShare (θ − s)
      (local.set $mean (v128.load (i32.add (local.get $average) (local.get $at))))
      (v128.store
        (i32.add (local.get $average) (local.get $at))
        (f32x4.add
          (local.get $mean)
          (f32x4.mul
            (f32x4.splat (local.get $averageShare))
            (f32x4.sub (local.get $theta) (local.get $mean)))))

      (br_if $next (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 16)))
        (local.get $bytes))))))
