FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-bookworm-slim
# git fetches repositories; helm and kustomize render: take the versions that your charts need.
ARG HELM_VERSION=v4.1.4
ARG KUSTOMIZE_VERSION=v5.8.1
RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates curl util-linux \
  && arch=$(dpkg --print-architecture) \
  && curl -fsSL "https://get.helm.sh/helm-${HELM_VERSION}-linux-${arch}.tar.gz" | tar -xz -C /usr/local/bin --strip-components=1 "linux-${arch}/helm" \
  && curl -fsSL "https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2F${KUSTOMIZE_VERSION}/kustomize_${KUSTOMIZE_VERSION}_linux_${arch}.tar.gz" | tar -xz -C /usr/local/bin kustomize \
  && apt-get purge -y curl && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json app.yml LICENSE ./
COPY bin bin
COPY src src
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
RUN mkdir /data && chown node /data
USER node
VOLUME /data
EXPOSE 3000
ENTRYPOINT ["node", "src/main.ts"]
CMD ["serve"]
