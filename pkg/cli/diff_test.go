package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"
)

// TestDiffInterrupted: Ctrl-C in the middle of the work is 130, prints no half of an answer,
// and leaves nothing on the terminal.
func TestDiffInterrupted(t *testing.T) {
	t.Parallel()
	f, out, errOut := newFactory(t, true, objects(t)...)
	client, err := f.Dynamic()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client.(*fake.FakeDynamicClient).PrependReactor("get", "serviceaccounts", func(kubetesting.Action) (bool, runtime.Object, error) {
		cancel()
		return true, nil, ctx.Err()
	})
	file := filepath.Join(t.TempDir(), "runnable.yaml")
	if err := os.WriteFile(file, []byte("apiVersion: carto.run/v1alpha1\nkind: Runnable\nmetadata: {name: cart-test}\nspec: {runTemplateRef: {name: test}, inputs: {other: 1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := Run(ctx, f, []string{"diff", "-f", file}); code != ExitInterrupted {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	if out.Len() > 0 {
		t.Errorf("it printed %q", out)
	}
	if got := errOut.String(); !strings.Contains(got, "\r\x1b[KLooked at 0 of 1 owners") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("the terminal has %q", got)
	}
}
