/** What to do about known failures of CUDA and its libraries, by their messages. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/has no CUDA provider/, 'use another device'],
  [
    /undefined symbol/,
    'a CUDA library of another version comes before the right one in LD_LIBRARY_PATH',
  ],
  [
    /libonnxruntime_providers_\w+\.so is not installed/,
    'copy the two libraries of the provider beside onnxruntime-node',
  ],
  [
    /libcuda\.so\.1|CUDA failure (35|36|804)\b/,
    'install the NVIDIA driver for CUDA 13 (580 or newer); a container needs `--gpus all` too',
  ],
  [
    /CUDA failure (100|101|46|38)\b/,
    'check that `nvidia-smi` lists a free GPU, that CUDA_VISIBLE_DEVICES does not hide it, ' +
      'and that a container can use it (`--gpus all`)',
  ],
  [
    /CUDA failure 803\b/,
    'the driver was updated while its old kernel module was loaded: restart the machine',
  ],
  [/CUDA failure 802\b/, 'start the NVIDIA Fabric Manager, or wait until it has set up the GPUs'],
  [
    /CUDA failure (209|218|222)\b|no kernel image|invalid device function/,
    'this GPU is too old or too new for the CUDA provider of this onnxruntime: use another device',
  ],
  [/cudnn/i, 'install cuDNN 9 where the loader finds it (LD_LIBRARY_PATH)'],
  [
    /\blib(cublas|cublasLt|cudart|curand|cufft|nvrtc)\b/,
    'install CUDA 13 where the loader finds it (LD_LIBRARY_PATH)',
  ],
  [/CUDA failure/, 'check whether `nvidia-smi` reports an error of the GPU'],
];

/**
 * What to do if CUDA cannot be used.
 *
 * @param reason - message of the loader, CUDA, or one of its libraries, in one line
 * @returns an instruction to the user, with the page that says more
 */
export function cudaAdvice(reason: string): string {
  const advice = ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ?? 'use another device';
  return `${advice}; see docs/devices.md`;
}
