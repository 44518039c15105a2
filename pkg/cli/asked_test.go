package cli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"
)

// TestAsked runs commands that ask on a terminal, with each answer.
func TestAsked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args, answer string
		code         int
	}{
		"create-yes": {"workload create new --image x --app shop", "y\n", 0},
		"create-no":  {"workload create new --image x --app shop", "n\n", 1},
		"apply-new":  {"workload apply new --image x", "y\n", 0},
		"apply-yes":  {"workload apply cart --env A=1 --image x", "yes\n", 0},
		"apply-no":   {"workload apply cart --env A=1 --image x", "\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, out, errOut := newFactory(t, true, objects(t)...)
			f.Streams.In = strings.NewReader(tc.answer)
			if code := Run(t.Context(), f, strings.Fields(tc.args)); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			golden(t, name+".tty.golden", out.String()+"-- stderr --\n"+errOut.String())
		})
	}
}

// serveApply lets the client without a cluster answer server-side apply, which it cannot
// for objects without a type: what is sent is merged, nothing is owned. That is enough for
// what commands print; the rest is tested against a real API server.
func serveApply(client *fake.FakeDynamicClient) {
	client.PrependReactor("patch", "*", func(action kubetesting.Action) (bool, runtime.Object, error) {
		patch, ok := action.(kubetesting.PatchActionImpl)
		if !ok || patch.PatchType != types.ApplyPatchType {
			return false, nil, nil
		}
		live, err := client.Tracker().Get(patch.Resource, patch.Namespace, patch.Name)
		if err != nil {
			return true, nil, err
		}
		var sent map[string]any
		if err := json.Unmarshal(patch.Patch, &sent); err != nil {
			return true, nil, err
		}
		made := live.DeepCopyObject().(*unstructured.Unstructured)
		overlay(made.Object, sent)
		if len(patch.PatchOptions.DryRun) > 0 {
			return true, made, nil
		}
		return true, made, client.Tracker().Update(patch.Resource, made, patch.Namespace)
	})
}

func overlay(under, over map[string]any) {
	for k, v := range over {
		below, isMap := v.(map[string]any)
		if have, ok := under[k].(map[string]any); ok && isMap {
			overlay(have, below)
			continue
		}
		under[k] = v
	}
}

// TestMoved: a workload that changes between the look and the write is looked at again,
// and the same change is not shown twice.
func TestMoved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason          string
		conflicts, code int
		want            string
	}{
		{"once", 1, 0, "would change"},
		{"for ever", 1000, 1, "changed meanwhile, 5 times in a row"},
	} {
		f, _, errOut := newFactory(t, false, objects(t)...)
		client, err := f.Dynamic()
		if err != nil {
			t.Fatal(err)
		}
		left := tc.conflicts
		client.(*fake.FakeDynamicClient).PrependReactor("patch", "workloads", func(action kubetesting.Action) (bool, runtime.Object, error) {
			patch, ok := action.(kubetesting.PatchActionImpl)
			if !ok || len(patch.PatchOptions.DryRun) > 0 || left == 0 {
				return false, nil, nil
			}
			left--
			return true, nil, apierrors.NewConflict(workloads, "cart", errors.New("the object has been modified"))
		})
		code := Run(t.Context(), f, strings.Fields("workload apply cart --env A=1 --yes"))
		if code != tc.code || !strings.Contains(errOut.String(), tc.want) || strings.Count(errOut.String(), "would change") != 1 {
			t.Errorf("%s: exit code %d, %s", tc.reason, code, errOut)
		}
	}
}

// TestInterruptedUpload: Ctrl-C during the push ends with 130, and there is no workload
// that points at what is not there.
func TestInterruptedUpload(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"create", "apply"} {
		ctx, interrupt := context.WithCancel(t.Context())
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			interrupt()
			<-r.Context().Done()
		}))
		f, out, _ := newFactory(t, false, objects(t)...)
		args := []string{"workload", verb, "new", "--local-path", "testdata", "--source-image", strings.TrimPrefix(server.URL, "http://") + "/x", "--yes"}
		if code := Run(ctx, f, args); code != ExitInterrupted {
			t.Errorf("%s: exit code %d", verb, code)
		}
		if code := Run(t.Context(), f, []string{"workload", "get", "new"}); code != ExitFinding || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %s: the workload is there", verb, code, out)
		}
		server.Close()
	}
}
