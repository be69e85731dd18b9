# The service, on the CPU of linux/amd64 or linux/arm64:
#   docker build -t weightspring .
#   docker run --rm -p 8080:8080 --read-only --tmpfs /tmp weightspring
# On an NVIDIA GPU (docs/devices.md), which needs linux/amd64:
#   docker build --platform linux/amd64 --target cuda -t weightspring:cuda .
#   docker run --rm --gpus all -p 8080:8080 weightspring:cuda
# To run elsewhere than where it is built, give both commands --platform, such as linux/amd64.
#
# Images are named by exact versions. A registry may put another image behind a tag; to exclude that,
# name one by its digest:
#   docker buildx imagetools inspect node:22.21.1-bookworm-slim
#   docker build --build-arg NODE_IMAGE=node:22.21.1-bookworm-slim@sha256:… .
ARG NODE_IMAGE=node:22.21.1-bookworm-slim
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm
ARG CUDA_IMAGE=nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without scripts: the build needs the sources, which come next so that this layer stays cached,
# and onnxruntime-node brings its CPU libraries in the package.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
COPY server ./server
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
      ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && rm -r src server scripts tsconfig.json tsconfig.build.json .npmrc package-lock.json
COPY models ./models
# For any user, whatever the modes in the checkout were; and for none to write.
RUN chmod -R a+rX,a-w .

# The CUDA provider of exactly the onnxruntime that onnxruntime-node has: two libraries of a wheel.
FROM ${PYTHON_IMAGE} AS cuda-provider
WORKDIR /provider
COPY --from=build /app/node_modules/onnxruntime-node/package.json ./
RUN version=$(python -c "import json; print(json.load(open('package.json'))['version'])") \
 && pip download --no-deps --only-binary :all: "onnxruntime-gpu==$version" \
 && python -m zipfile -e onnxruntime_gpu-*.whl wheel \
 && mv wheel/onnxruntime/capi/libonnxruntime_providers_shared.so \
       wheel/onnxruntime/capi/libonnxruntime_providers_cuda.so . \
 && rm -r wheel onnxruntime_gpu-*.whl \
 && chmod a+r ./*.so

# For COPY --from, which takes no variable.
FROM ${NODE_IMAGE} AS node

FROM ${CUDA_IMAGE} AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# One worker: each keeps the flows on the GPU for itself, and batches fill it.
ENV NODE_ENV=production \
    WEIGHTSPRING_HOST=0.0.0.0 \
    WEIGHTSPRING_DEVICE=cuda \
    WEIGHTSPRING_REQUIRE_DEVICE=1 \
    WEIGHTSPRING_WORKERS=1
WORKDIR /app
COPY --from=build /app ./
COPY --from=cuda-provider /provider/*.so ./node_modules/onnxruntime-node/bin/napi-v6/linux/x64/
# By number, so that Kubernetes sees that it is not root; any other does as well.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WEIGHTSPRING_PORT || process.env.PORT || 8080}/v2/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]

# Last, so that a build without a target makes it.
FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    WEIGHTSPRING_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app ./
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WEIGHTSPRING_PORT || process.env.PORT || 8080}/v2/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
