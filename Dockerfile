# The image of the agent: one static program, no shell, no library, no root. `make image` makes the same without a
# container engine; docs/install.md tells how to use either.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY pkg pkg
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ARG VERSION=v0.0.0-dev
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /agent ./cmd/agent

FROM scratch
COPY --from=build /agent /agent
# The Deployment asks for it by number too: a name could not be checked against runAsNonRoot.
USER 65532:65532
ENTRYPOINT ["/agent"]
