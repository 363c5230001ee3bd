# A static binary in an image without a shell, run by a user without rights. See docs/operate.md.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS TARGETARCH
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath -pgo=profiles/loaderline.pgo -ldflags="-s -w" -o /loaderline ./cmd/loaderline

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /loaderline /loaderline
EXPOSE 8080
ENTRYPOINT ["/loaderline"]
