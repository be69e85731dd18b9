# The service on the CPU, for linux/amd64:
#   docker build -t weightspring . && docker run --rm -p 8080:8080 weightspring

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
