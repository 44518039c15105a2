package install

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// deployment is an agent as a cluster has it.
func deployment(version, image string, replicas int64, args ...any) *unstructured.Unstructured {
	d := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"template": map[string]any{"spec": map[string]any{"containers": []any{
			map[string]any{"name": "proxy", "image": "registry.example/proxy:v9", "args": []any{"--sidecar"}},
			map[string]any{"name": "agent", "image": image, "args": args},
		}}},
	}}}
	if replicas >= 0 {
		_ = unstructured.SetNestedField(d.Object, replicas, "spec", "replicas")
	}
	if version != "" {
		d.SetAnnotations(map[string]string{AnnotationVersion: version})
	}
	return d
}

// TestNextImage: an upgrade brings its own image from where the one before came from, and guesses none.
func TestNextImage(t *testing.T) {
	t.Parallel()
	const ours, theirs = ImageRepository, "registry.example:5000/mirror/carto-agent"
	for _, tc := range []struct {
		reason, was, image, version, want string
		refused                           string
	}{
		{"an upgrade", "v0.4.0", ours + ":v0.4.0", "v0.5.0", ours + ":v0.5.0", ""},
		{"back to an older version", "v0.5.0", ours + ":v0.5.0", "v0.4.0", ours + ":v0.4.0", ""},
		{"our repository with a tag of somebody's own", "v0.4.0", ours + ":test", "v0.5.0", ours + ":v0.5.0", ""},
		{"the same version again", "v0.5.0", ours + ":v0.5.0", "v0.5.0", ours + ":v0.5.0", ""},
		{"the same version, in an image of any name", "v0.5.0", theirs + ":prod@sha256:feed", "v0.5.0", theirs + ":prod@sha256:feed", ""},
		{"an upgrade from a mirror", "v0.4.0", theirs + ":v0.4.0", "v0.5.0", theirs + ":v0.5.0", ""},
		{"from a mirror, by kustomize: the tag alone tells the version", Unversioned, theirs + ":v0.4.0", "v0.5.0", theirs + ":v0.5.0", ""},
		{"a tag that is not the version", "v0.4.0", theirs + ":prod", "v0.5.0", "", "cannot be told by the tag of the one before, " + theirs + ":prod; name it with --image"},
		{"a tag of another version", "v0.4.0", theirs + ":v0.3.0", "v0.5.0", "", "name it with --image"},
		{"no tag, behind the port of a registry", "v0.4.0", theirs, "v0.5.0", "", "which image in " + theirs + " is the agent of v0.5.0"},
		{"a tag that is no version, and nothing else tells one", "", theirs + ":prod", "v0.5.0", "", "name it with --image"},
		{"pinned by a digest", "v0.4.0", theirs + ":v0.4.0@sha256:feed", "v0.5.0", "", "is pinned by a digest, and that of v0.5.0 cannot be known"},
		{"ours, pinned by a digest", "v0.4.0", ours + "@sha256:feed", "v0.5.0", "", "is pinned by a digest"},
		{"a build that knows no version", "v0.4.0", theirs + ":prod", Unversioned, theirs + ":prod", ""},
		{"no image at all", "v0.4.0", "", "v0.5.0", ours + ":v0.5.0", ""},
	} {
		got, err := NextImage(deployment(tc.was, tc.image, 2), tc.version)
		if got != tc.want || (err != nil) != (tc.refused != "") || err != nil && !strings.Contains(err.Error(), tc.refused) {
			t.Errorf("%s: %q, %v; want %q", tc.reason, got, err, tc.want)
		}
	}
}

// TestScale: what a Deployment says is what Config would make of it again.
func TestScale(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason                   string
		agent                    *unstructured.Unstructured
		wantReplicas, wantShards int
	}{
		{"one that works, one that stands by", deployment("", "x", 2, "--leader-elect"), 2, 0},
		{"one alone", deployment("", "x", 1, "--leader-elect"), 1, 0},
		{"nothing said is one", deployment("", "x", -1, "--leader-elect"), 1, 0},
		{"scaled down", deployment("", "x", 0, "--leader-elect"), DefaultReplicas, 0},
		{"three that work", deployment("", "x", 3, ModeShards, "--metrics-address=:8080"), 0, 3},
		{"three that work, scaled down", deployment("", "x", 0, ModeShards), 0, 2},
	} {
		if replicas, shards := Scale(tc.agent); replicas != tc.wantReplicas || shards != tc.wantShards {
			t.Errorf("%s: %d replicas, %d shards; want %d, %d", tc.reason, replicas, shards, tc.wantReplicas, tc.wantShards)
		}
	}
}
