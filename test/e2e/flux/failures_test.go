package flux

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carto-run/carto/test/harness"
)

// testFailures: a shop that runs loses its source in several ways, and gets it back. It goes on running what it ran.
func testFailures(t *testing.T, w *world) {
	s := w.newShop(t, "orders")
	commit := s.push("first version")
	s.create("spec:\n", "spec:\n  params: [{name: poll, value: 500ms}]\n")
	s.runs(commit, "first version")
	s.condition("Ready", "True")
	image := text(s.mustGet(images), "status", "latestImage")
	bare := filepath.Join(w.repos, s.name, "cart.git")
	for _, tc := range []struct {
		name          string
		breaks, mends func()
		says          []string
	}{
		{
			name:   "the branch does not exist",
			breaks: func() { s.patch(workloads, `{"spec":{"source":{"git":{"ref":{"branch":"release-9"}}}}}`) },
			mends:  func() { s.patch(workloads, `{"spec":{"source":{"git":{"ref":{"branch":"main"}}}}}`) },
			says:   []string{"GitOperationFailed", `couldn't find remote ref "refs/heads/release-9"`},
		},
		{
			name:   "the repository is gone",
			breaks: func() { move(t, bare, bare+".gone") },
			mends:  func() { move(t, bare+".gone", bare) },
			says:   []string{"GitOperationFailed", "repository not found"},
		},
		{
			name:   "the repository became private",
			breaks: func() { s.server.password.Store(&secret) },
			mends:  func() { s.server.password.Store(nil) },
			says:   []string{"GitOperationFailed", "authentication required"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &shop{world: w, t: t, name: s.name, repo: s.repo}
			tc.breaks()
			defer tc.mends()
			s.condition("Ready", "False")
			s.explains(append(tc.says, "step fetch")...)
			s.eventually(func() error { return s.available(image) })
		})
		s.condition("Ready", "True")
	}
}

var secret = "not for everybody"

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// testNeverFetched: a Workload that is wrong from the beginning.
func testNeverFetched(t *testing.T, w *world) {
	for name, tc := range map[string]struct {
		replace []string
		says    []string
	}{
		"branch":  {replace: []string{"branch: main", "branch: release-9"}, says: []string{"GitOperationFailed", `couldn't find remote ref "refs/heads/release-9"`}},
		"file":    {replace: []string{w.server.URL, "file:///srv/git"}, says: []string{"spec.url", "should match '^(http|https|ssh)://.*$'"}},
		"nowhere": {replace: []string{w.server.URL, "http://127.0.0.1:1"}, says: []string{"GitOperationFailed", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := w.newShop(t, "never-"+name)
			s.push("first version")
			s.create(tc.replace...)
			s.condition("Ready", "False")
			s.explains(append(tc.says, "step fetch")...)
			if name != "file" { // of which Flux never hears
				s.expectSilence()
			}
		})
	}
}

// expectSilence: however often Flux tries again, to the owner nothing has happened.
func (s *shop) expectSilence() {
	s.t.Helper()
	s.awaitRest()
	mark := s.mark()
	attempts := harness.Filter{Verbs: []string{"patch"}, Resource: "gitrepositories/status", Name: s.name, Since: mark}
	s.eventually(func() error {
		if n := len(s.requests(attempts)); n < 4 {
			return fmt.Errorf("Flux has written only %d statuses", n)
		}
		return nil
	})
	for _, r := range s.requests(s.work(mark)) {
		s.t.Errorf("the agent sent %s %s", r.Verb, r.URI)
	}
}

// testPrivate: the platform team lets Flux fetch with the credentials of a Secret.
func testPrivate(t *testing.T, w *world) {
	private := strings.NewReplacer("name: flux-git", "name: flux-git-private", "name: web}", "name: private}", "workload-type: web", "workload-type: private",
		"      ref:", "      secretRef: {name: git}\n      ref:")
	harness.ApplyYAML(t, w.Config, "", private.Replace(example(t, "web/templates.yaml")))
	harness.ApplyYAML(t, w.Config, "", private.Replace(example(t, "web/supply-chain.yaml")))
	w.server.password.Store(&secret)
	defer w.server.password.Store(nil)
	s := w.newShop(t, "private")
	commit := s.push("first version")
	s.create("workload-type: web", "workload-type: private")
	s.condition("Ready", "False")
	s.explains("step fetch", "AuthenticationFailed", `secrets "git" not found`)

	s.credentials("wrong")
	s.explains("step fetch", "GitOperationFailed", "authentication required")

	s.credentials(secret)
	s.runs(commit, "first version")
	s.condition("Ready", "True")
}

func (s *shop) credentials(password string) {
	s.t.Helper()
	harness.ApplyYAML(s.t, s.Config, namespace, "apiVersion: v1\nkind: Secret\nmetadata: {name: git}\nstringData: {username: "+user+", password: "+password+"}\n")
}
