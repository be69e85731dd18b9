# The service, for linux/amd64. On the CPU:
#   docker build -t weightspring . && docker run --rm -p 8080:8080 weightspring
# On an NVIDIA GPU (docs/devices.md):
#   docker build --target cuda -t weightspring:cuda . && docker run --rm --gpus all -p 8080:8080 weightspring:cuda

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: the build needs the sources, which come next so that this layer stays cached,
# and onnxruntime-node brings its CPU libraries in the package.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY server ./server
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
      ! -path '*/linux/x64' -exec rm -r {} +

# The CUDA provider of exactly the onnxruntime that onnxruntime-node has: two libraries of a wheel.
FROM python:3.12-slim AS cuda-provider
WORKDIR /provider
COPY --from=build /app/node_modules/onnxruntime-node/package.json ./
RUN version=$(python -c "import json; print(json.load(open('package.json'))['version'])") \
 && pip download --no-deps --only-binary :all: "onnxruntime-gpu==$version" \
 && python -m zipfile -e onnxruntime_gpu-*.whl wheel \
 && mv wheel/onnxruntime/capi/libonnxruntime_providers_shared.so \
       wheel/onnxruntime/capi/libonnxruntime_providers_cuda.so . \
 && rm -r wheel onnxruntime_gpu-*.whl

FROM nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04 AS cuda
COPY --from=node:22-slim /usr/local/bin/node /usr/local/bin/node
# One worker: each keeps the flows on the GPU for itself, and batches fill it.
ENV NODE_ENV=production \
    WEIGHTSPRING_HOST=0.0.0.0 \
    WEIGHTSPRING_PORT=8080 \
    WEIGHTSPRING_DEVICE=cuda \
    WEIGHTSPRING_REQUIRE_DEVICE=1 \
    WEIGHTSPRING_WORKERS=1
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=cuda-provider /provider/*.so ./node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
COPY --from=build /app/dist ./dist
COPY models ./models
USER ubuntu
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WEIGHTSPRING_PORT}/v2/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]

# Last, so that a build without a target makes it.
FROM node:22-slim
ENV NODE_ENV=production \
    WEIGHTSPRING_HOST=0.0.0.0 \
    WEIGHTSPRING_PORT=8080
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY models ./models
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WEIGHTSPRING_PORT}/v2/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
