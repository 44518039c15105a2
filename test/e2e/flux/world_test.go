// Package flux runs the example web with the real source-controller of Flux in the place of its actor: what it says, and when,
// no actor could tell. kpack is played; so are the nodes, by kwok.
package flux

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/test/actors"
	"github.com/carto-run/carto/test/demo/cluster"
	"github.com/carto-run/carto/test/harness"
)

var (
	workloads   = v1alpha1.GroupVersion.WithResource("workloads")
	gitRepos    = schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}
	images      = schema.GroupVersionResource{Group: "kpack.io", Version: "v1alpha2", Resource: "images"}
	configMaps  = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

const (
	namespace = "shop" // that of the example
	patience  = time.Minute
)

type gvr = schema.GroupVersionResource

// world is a cluster with Carto, the real source-controller, and the example web without its Workload; and a git server.
type world struct {
	*cluster.Cluster
	client dynamic.Interface
	flux   *harness.SourceController
	server *gitServer
	repos  string // the folder that the server serves
}

func newWorld(t *testing.T) *world {
	t.Helper()
	harness.SkipWithoutSourceController(t)
	if testing.Short() {
		t.Skip("needs a control plane, which takes some seconds to start")
	}
	dir := t.TempDir()
	w := &world{repos: filepath.Join(dir, "repos")}
	if err := os.Mkdir(w.repos, 0o700); err != nil {
		t.Fatal(err)
	}
	w.server = newGitServer(t, w.repos)
	var err error
	if w.Cluster, err = cluster.StartAudited(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, w.Cluster.Stop) })
	if w.client, err = dynamic.NewForConfig(w.Config); err != nil {
		t.Fatal(err)
	}
	if w.flux, err = harness.StartSourceController(t.Context(), w.ControlPlane, dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, w.flux.Stop) })
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last words of source-controller:\n%s", lastLines(w.flux.Log(), 20))
		}
	})
	w.applyExample(t)
	w.startActors(t, filepath.Join(dir, "actors.log"))
	return w
}

func stop(t *testing.T, f func() error) {
	if err := f(); err != nil {
		t.Error(err)
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// applyExample applies the example in the order of its README. Of the stand-ins only that of kpack is needed.
func (w *world) applyExample(t *testing.T) {
	t.Helper()
	for document := range strings.SplitSeq(example(t, "stand-ins.yaml"), "\n---\n") {
		if strings.Contains(document, "images.kpack.io") {
			harness.ApplyYAML(t, w.Config, "", document)
		}
	}
	for _, name := range []string{"rbac.yaml", "templates.yaml", "supply-chain.yaml"} {
		harness.ApplyYAML(t, w.Config, "", example(t, "web/"+name))
	}
}

func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// startActors plays all but Flux.
func (w *world) startActors(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := actors.Run(ctx, w.Config, namespace, log.New(file, "", log.LstdFlags), gitRepos); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		group.Wait()
		stop(t, file.Close)
	})
}

// shop is a Workload, cart or one like it, with a repository of its own.
type shop struct {
	*world
	t    *testing.T
	name string
	repo *harness.Repo
}

// newShop makes the repository; the Workload comes with create.
func (w *world) newShop(t *testing.T, name string) *shop {
	t.Helper()
	dir := filepath.Join(w.repos, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	repo, err := harness.NewRepo(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return &shop{world: w, t: t, name: name, repo: repo}
}

// url is where the git server has the repository.
func (s *shop) url() string { return s.server.URL + "/" + s.name + "/cart.git" }

// create applies the example's Workload for the repository, with replacements in its text.
func (s *shop) create(oldnew ...string) {
	s.t.Helper()
	text := strings.NewReplacer("name: cart\n", "name: "+s.name+"\n", "https://git.example/shop/cart.git", s.url()).Replace(example(s.t, "web/workload.yaml"))
	harness.ApplyYAML(s.t, s.Config, "", strings.NewReplacer(oldnew...).Replace(text))
}

// push commits what the application says, and returns the commit.
func (s *shop) push(says string) string {
	s.t.Helper()
	commit, err := s.repo.Commit(s.t.Context(), says, map[string]string{"main.go": says})
	if err != nil {
		s.t.Fatal(err)
	}
	return commit
}

// reconcile asks Flux to look now, as `flux reconcile source git` does.
func (s *shop) reconcile() {
	s.t.Helper()
	s.patch(gitRepos, fmt.Sprintf(`{"metadata":{"annotations":{"reconcile.fluxcd.io/requestedAt":%q}}}`, time.Now().Format(time.RFC3339Nano)))
}

func (s *shop) get(resource gvr) (*unstructured.Unstructured, error) {
	return s.client.Resource(resource).Namespace(namespace).Get(context.Background(), s.name, metav1.GetOptions{})
}

func (s *shop) mustGet(resource gvr) *unstructured.Unstructured {
	s.t.Helper()
	object, err := s.get(resource)
	if err != nil {
		s.t.Fatal(err)
	}
	return object
}

func (s *shop) patch(resource gvr, patch string) {
	s.t.Helper()
	_, err := s.client.Resource(resource).Namespace(namespace).Patch(context.Background(), s.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "ada"})
	if err != nil {
		s.t.Fatalf("patch %s %s: %v", resource.Resource, s.name, err)
	}
}

func (s *shop) eventually(check func() error) {
	s.t.Helper()
	harness.Eventually(s.t, patience, check)
}

// condition waits until a condition of the Workload has a status, and returns its message.
func (s *shop) condition(kind, status string) (message string) {
	s.t.Helper()
	s.eventually(func() error {
		owner, err := s.get(workloads)
		if err != nil {
			return err
		}
		var have string
		have, message = condition(owner, kind)
		if have != status {
			return fmt.Errorf("%s of workload %s is %q, not %s: %s", kind, s.name, have, status, message)
		}
		return nil
	})
	return message
}

func condition(object *unstructured.Unstructured, kind string) (status, message string) {
	all, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, c := range all {
		if c, ok := c.(map[string]any); ok && c["type"] == kind {
			return fmt.Sprint(c["status"]), fmt.Sprint(c["message"])
		}
	}
	return "", ""
}

func text(object *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, path...)
	return value
}

// plugin runs a command, checks its exit code, and returns what it printed.
func (s *shop) plugin(code int, args ...string) string {
	s.t.Helper()
	out, err := s.pluginWith(code, args...)
	if err != nil {
		s.t.Error(err)
	}
	return out
}

func (s *shop) pluginWith(code int, args ...string) (string, error) {
	cmd := s.Plugin(context.Background(), append(args, "-n", namespace)...)
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8")
	out, err := cmd.CombinedOutput()
	if exit, isExit := err.(*exec.ExitError); err != nil && !isExit {
		return "", err
	} else if isExit && exit.ExitCode() != code || !isExit && code != 0 {
		return string(out), fmt.Errorf("%v ended with %v, want %d:\n%s", args, err, code, out)
	}
	return string(out), nil
}

var spaces = regexp.MustCompile(`\s+`)

// explains waits until why and tree both say all of some texts, however their lines are broken.
func (s *shop) explains(says ...string) {
	s.t.Helper()
	var shown string
	s.eventually(func() error {
		shown = ""
		for code, command := range []string{"tree", "why"} { // a picture is no verdict
			out, err := s.pluginWith(code, command, "workload/"+s.name)
			if err != nil {
				return err
			}
			shown += "$ kubectl carto " + command + " workload/" + s.name + " -n shop\n" + out + "\n"
			for _, want := range says {
				if !strings.Contains(spaces.ReplaceAllString(out, " "), want) {
					return fmt.Errorf("%s does not say %q:\n%s", command, want, out)
				}
			}
		}
		return nil
	})
	s.t.Log("\n" + shown)
}
