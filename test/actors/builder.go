package actors

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// newBuilder stands in for kpack: its image is the digest of the tree of the commit that an Image names.
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
	repo, commit, err := parseArtifact(url)
	if err != nil {
		return nil, err
	}
	archive, err := git(ctx, "-C", strings.TrimPrefix(repo, "file://"), "archive", "--format=tar", commit)
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", commit, err)
	}
	return map[string]any{"latestImage": fmt.Sprintf("%s@sha256:%x", tag, sha256.Sum256(archive))}, nil
}
