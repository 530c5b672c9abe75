# The image of the service: `docker build -t message-contacts .`
# It has no shell, runs as a user that is not root, and writes nothing to its file system.

FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Nothing that is installed needs its install scripts; those of the project need its sources.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json buf.yaml buf.gen.yaml ./
COPY docs/openapi.json docs/openapi.json
COPY proto proto
COPY dev dev
COPY bench bench
COPY explorer explorer
COPY examples examples
COPY src src
RUN npm run build

FROM node:24-trixie-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts

FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=packages /packages/node_modules node_modules
COPY --from=build /build/dist/explorer dist/explorer
COPY --from=build /build/dist/src dist/src
ENV NODE_ENV=production LISTEN=0.0.0.0:50051
USER 65532:65532
EXPOSE 50051
# Not the readiness: an orchestrator that replaces unhealthy containers would replace all while the database is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/nodejs/bin/node", "dist/src/main.js", "health", "--service", "liveness"]
ENTRYPOINT ["/nodejs/bin/node", "dist/src/main.js"]
CMD ["serve"]
