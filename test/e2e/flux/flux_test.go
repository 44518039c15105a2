package flux

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

func TestFlux(t *testing.T) {
	w := newWorld(t)
	t.Run("a push becomes a revision downstream", func(t *testing.T) { testPush(t, w) })
	t.Run("failures", func(t *testing.T) { testFailures(t, w) })
	t.Run("never fetched", func(t *testing.T) { testNeverFetched(t, w) })
	t.Run("private", func(t *testing.T) { testPrivate(t, w) })
}

// testPush follows three commits: the first, one that Flux is told of, and one that it finds by itself.
func testPush(t *testing.T, w *world) {
	s := w.newShop(t, "cart")
	first := s.push("first version")
	s.create()
	s.runs(first, "first version")
	s.condition("Ready", "True")
	t.Log("\n" + s.plugin(0, "tree", "workload/cart"))
	t.Log("\n" + s.plugin(0, "why", "workload/cart"))

	t.Log("a second push changes what has the revision in it, and nothing else")
	before, mark := s.mustGet(gitRepos), s.mark()
	second := s.push("second version")
	s.reconcile()
	s.runs(second, "second version")
	s.condition("Ready", "True")
	s.expectWrites(mark, "configmaps", "deployments", "images")
	if after := s.mustGet(gitRepos); after.GetGeneration() != before.GetGeneration() {
		t.Errorf("the GitRepository is of generation %d, was of %d: nobody asked for another source", after.GetGeneration(), before.GetGeneration())
	}

	t.Log("Flux looks by itself, as often as the Workload says")
	s.patch(workloads, `{"spec":{"params":[{"name":"poll","value":"500ms"}]}}`)
	s.eventually(func() error {
		if interval := text(s.mustGet(gitRepos), "spec", "interval"); interval != "500ms" {
			return fmt.Errorf("the interval is %s", interval)
		}
		return nil
	})
	third := s.push("third version")
	s.runs(third, "third version")
	s.condition("Ready", "True")

	t.Log("while nothing is pushed, the agent asks the API server for nothing, however often Flux looks")
	s.awaitRest()
	mark = s.mark()
	looked := s.server.requests.Load()
	s.eventually(func() error {
		if n := s.server.requests.Load() - looked; n < 5 {
			return fmt.Errorf("Flux has looked only %d times", n)
		}
		return nil
	})
	for _, r := range s.requests(s.work(mark)) {
		t.Errorf("the agent sent %s %s", r.Verb, r.URI)
	}

	t.Log("what is deleted goes, with what Flux keeps of it")
	archives := filepath.Join(w.flux.Storage, "gitrepository", namespace, s.name, "*.tar.gz")
	if kept, _ := filepath.Glob(archives); len(kept) == 0 {
		t.Errorf("there is nothing at %s", archives)
	}
	s.plugin(0, "workload", "delete", "cart", "--yes")
	s.eventually(func() error {
		if _, err := s.get(gitRepos); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the GitRepository is still there: %w", err)
		}
		if kept, _ := filepath.Glob(archives); len(kept) > 0 {
			return fmt.Errorf("Flux still has %v", kept)
		}
		return nil
	})
}

// agent is how the agent names itself to the API server.
const agent = "carto-agent"

// work chooses what the agent asks for on behalf of the Workload; others may be refused something again and again meanwhile.
func (s *shop) work(since harness.Mark) harness.Filter {
	return harness.Filter{UserAgent: agent, Since: since, Match: func(r harness.Request) bool {
		return r.Verb != "watch" && strings.Contains(r.URI, "/"+s.name)
	}}
}

func (s *shop) mark() harness.Mark {
	s.t.Helper()
	mark, err := s.Mark(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return mark
}

func (s *shop) requests(filter harness.Filter) []harness.Request {
	s.t.Helper()
	requests, err := s.Requests(s.t.Context(), filter)
	if err != nil {
		s.t.Fatal(err)
	}
	return requests
}

// awaitRest waits until the agent has been silent for a while: its events trickle behind its work.
func (s *shop) awaitRest() {
	s.t.Helper()
	s.eventually(func() error {
		mark := s.mark()
		time.Sleep(2 * time.Second) // how long silence has to last to count
		if all := s.requests(s.work(mark)); len(all) > 0 {
			return fmt.Errorf("the agent is not at rest: %s %s", all[0].Verb, all[0].URI)
		}
		return nil
	})
}

// expectWrites checks which objects the agent has written as the Workload's service account, each once.
func (s *shop) expectWrites(since harness.Mark, want ...string) {
	s.t.Helper()
	var wrote []string
	for _, r := range s.requests(harness.Filter{UserAgent: agent, Verbs: harness.Writes, ImpersonatedUser: "system:serviceaccount:shop:stamper", Since: since}) {
		wrote = append(wrote, r.Resource)
	}
	slices.Sort(wrote)
	if !slices.Equal(wrote, want) {
		s.t.Errorf("the agent wrote %v, want %v, each once", wrote, want)
	}
}

// runs follows a commit from Flux's artifact through all steps to an available Deployment.
func (s *shop) runs(commit, says string) {
	s.t.Helper()
	var repository *unstructured.Unstructured
	s.eventually(func() (err error) {
		if repository, err = s.get(gitRepos); err != nil {
			return err
		}
		if have, want := text(repository, "status", "artifact", "revision"), "main@sha1:"+commit; have != want {
			return fmt.Errorf("Flux has revision %q, not %s", have, want)
		}
		return nil
	})
	url, digest := text(repository, "status", "artifact", "url"), text(repository, "status", "artifact", "digest")
	archive := s.download(url, digest)
	if got, err := file(archive, "main.go"); err != nil || got != says {
		s.t.Errorf("main.go in %s is %q (%v), want what was pushed, %q", url, got, err, says)
	}
	image := fmt.Sprintf("registry.example/shop/%s@sha256:%x", s.name, sha256.Sum256(archive))
	s.eventually(func() error {
		return errors.Join(
			s.has(images, url, "spec", "source", "blob", "url"),
			s.has(images, image, "status", "latestImage"),
			s.manifestHas(image),
			s.available(image),
			s.outputs(url, "main@sha1:"+commit),
		)
	})
}

// download fetches an artifact, checks it against its digest, and returns it unpacked.
func (s *shop) download(url, digest string) []byte {
	s.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	packed, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s: %v", url, response.Status, err)
	}
	if have := fmt.Sprintf("sha256:%x", sha256.Sum256(packed)); have != digest {
		s.t.Errorf("%s has digest %s, but the GitRepository says %s", url, have, digest)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		s.t.Fatal(err)
	}
	archive, err := io.ReadAll(unpacked)
	if err != nil {
		s.t.Fatal(err)
	}
	return archive
}

// file is what a file of an archive holds.
func file(archive []byte, name string) (string, error) {
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err != nil {
			return "", fmt.Errorf("find %s: %w", name, err)
		}
		if header.Name == name {
			content, err := io.ReadAll(reader)
			return string(content), err
		}
	}
}

func (s *shop) has(resource gvr, want string, path ...string) error {
	object, err := s.get(resource)
	if err != nil {
		return err
	}
	if have := text(object, path...); have != want {
		return fmt.Errorf("%s of the %s is %q, not %s", strings.Join(path, "."), object.GetKind(), have, want)
	}
	return nil
}

func (s *shop) manifestHas(image string) error {
	object, err := s.get(configMaps)
	if err != nil {
		return err
	}
	if manifest := text(object, "data", "service.yaml"); !strings.Contains(manifest, image) {
		return fmt.Errorf("the ConfigMap does not have %s in it:\n%s", image, manifest)
	}
	return nil
}

// available: the Deployment runs the image, and nothing else any more.
func (s *shop) available(image string) error {
	object, err := s.get(deployments)
	if err != nil {
		return err
	}
	containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
	if len(containers) != 1 || containers[0].(map[string]any)["image"] != image {
		return fmt.Errorf("the Deployment runs %v, not %s", containers, image)
	}
	status, _, _ := unstructured.NestedMap(object.Object, "status")
	if status["observedGeneration"] != object.GetGeneration() || status["updatedReplicas"] != int64(1) || status["replicas"] != int64(1) || status["availableReplicas"] != int64(1) {
		return fmt.Errorf("the Deployment is not rolled out: %v", status)
	}
	return nil
}

// outputs of the step fetch, as the Workload's status shows them.
func (s *shop) outputs(url, revision string) error {
	owner, err := s.get(workloads)
	if err != nil {
		return err
	}
	steps, _, _ := unstructured.NestedSlice(owner.Object, "status", "resources")
	if len(steps) == 0 {
		return errors.New("the Workload's status has no steps")
	}
	outputs, _, _ := unstructured.NestedSlice(steps[0].(map[string]any), "outputs")
	previews := map[any]string{}
	for _, o := range outputs {
		o, _ := o.(map[string]any)
		preview, _ := o["preview"].(string)
		previews[o["name"]] = strings.TrimSpace(preview)
	}
	if previews["url"] != url || previews["revision"] != revision {
		return fmt.Errorf("the outputs of fetch are %v, not %s and %s", previews, url, revision)
	}
	return nil
}
