package actors

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// newBuilder stands in for kpack: its image is the digest of what is to be built, the tree of a commit that the git actor names
// or an archive that the real Flux serves.
func newBuilder() *actor {
	return &actor{
		resource: schema.GroupVersionResource{Group: "kpack.io", Version: "v1alpha2", Resource: "images"},
		observe:  observeImage, verdict: ready,
	}
}

func observeImage(ctx context.Context, object *unstructured.Unstructured) (map[string]any, error) {
	tag, _, _ := unstructured.NestedString(object.Object, "spec", "tag")
	url, _, _ := unstructured.NestedString(object.Object, "spec", "source", "blob", "url")
	if tag == "" || url == "" {
		return nil, errors.New("spec.tag and spec.source.blob.url are needed")
	}
	archive, err := source(ctx, url)
	if err != nil {
		return nil, err
	}
	return map[string]any{"latestImage": fmt.Sprintf("%s@sha256:%x", tag, sha256.Sum256(archive))}, nil
}

// source is what a URL names, as tar.
func source(ctx context.Context, url string) ([]byte, error) {
	if strings.HasPrefix(url, "http://") {
		return download(ctx, url)
	}
	repo, commit, err := parseArtifact(url)
	if err != nil {
		return nil, err
	}
	archive, err := git(ctx, "-C", strings.TrimPrefix(repo, "file://"), "archive", "--format=tar", commit)
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", commit, err)
	}
	return archive, nil
}

// download fetches an archive, .tar.gz, from source-controller.
func download(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch the source: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch the source: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch the source from %s: %s", url, response.Status)
	}
	unpacked, err := gzip.NewReader(response.Body)
	if err != nil {
		return nil, fmt.Errorf("unpack the source from %s: %w", url, err)
	}
	archive, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("unpack the source from %s: %w", url, err)
	}
	return archive, nil
}
