package world

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
)

func outcome(text string, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return text
}

func TestRetry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		owner  tree.Ref
		step   string
		want   string
	}{
		{"all that has failed", owner, "", "asked for another run of workload cart"},
		{"one step", owner, "test", "asked for another run of workload cart"},
		{"a step that has not failed", owner, "check", "error: nothing to retry: step check of workload cart has not failed"},
		{"a Runnable", tree.Ref{Kind: "Runnable", Namespace: "shop", Name: "cart-check"}, "", "asked for another run of runnable cart-check"},
		{"what makes no runs", tree.Ref{Kind: "ClusterSupplyChain", Name: "web"}, "", "error: nothing to retry: ClusterSupplyChain web makes no runs"},
	} {
		s := newStage(t, cart+threeRuns)
		got := outcome(s.retry(t.Context(), s.cluster, feed.Retry{Owner: tc.owner, Step: tc.step}))
		if got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
		}
		obj, err := s.client.Resource(resource("carto.run", "v1alpha1", "workloads")).Namespace("shop").Get(t.Context(), "cart", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if asked := len(obj.GetAnnotations()) > 0; asked != (tc.want == "asked for another run of workload cart") {
			t.Errorf("%s: annotations %v", tc.reason, obj.GetAnnotations())
		}
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	taskRunRef := tree.Ref{APIVersion: "tekton.dev/v1", Kind: "TaskRun", Namespace: "shop", Name: "cart-test-1"}
	missing := owner
	missing.Name = "nope"
	for _, tc := range []struct {
		reason string
		ref    tree.Ref
		uid    string
		fault  error
		want   string
	}{
		{"the owner that was shown", owner, "w", nil, "deleted workload shop/cart"},
		{"an object of another kind", taskRunRef, "x", nil, "deleted taskrun shop/cart-test-1"},
		{"one that is gone", missing, "w", nil, `error: workload "nope" not found in namespace "shop"`},
		{"one that was made anew", owner, "old", apierrors.NewConflict(schema.GroupResource{}, "cart", errors.New("uid")), "error: workload shop/cart is another one than was shown: it was deleted and made anew; nothing was deleted"},
		{"forbidden", owner, "w", forbidden("delete", "workloads", "carto.run"), "error: cannot delete workload shop/cart: " + forbidden("delete", "workloads", "carto.run").Error()},
	} {
		s := newStage(t, cart+threeRuns)
		var sent metav1.DeleteOptions
		s.client.PrependReactor("delete", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
			if d, ok := a.(clienttesting.DeleteActionImpl); ok {
				sent = d.DeleteOptions
			}
			return tc.fault != nil, nil, tc.fault
		})
		if got := outcome(s.delete(t.Context(), s.cluster, feed.Delete{Ref: tc.ref, UID: tc.uid})); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
		}
		if sent.Preconditions == nil || string(*sent.Preconditions.UID) != tc.uid || *sent.PropagationPolicy != metav1.DeletePropagationBackground {
			t.Errorf("%s: sent %+v", tc.reason, sent)
		}
	}
}

func TestCreate(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: carto.run/v1alpha1\nkind: Workload\n"
	for _, tc := range []struct{ reason, yaml, want string }{
		{"in the namespace in use", head + "metadata: {name: new}\nspec: {image: x}\n", "created workload shop/new"},
		{"in its own", head + "metadata: {name: new, namespace: other}\nspec: {image: x}\n", "created workload other/new"},
		{"one that exists", head + "metadata: {name: cart}\nspec: {image: x}\n", "error: cannot create workload shop/cart: it exists already; to change it: kubectl carto workload apply"},
		{"no name", head + "spec: {image: x}\n", "error: a name is needed, as argument or as metadata.name in the file"},
		{"another kind", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n", `error: the workload:2: is "v1 Pod"; it must be carto.run/v1alpha1 Workload`},
		{"no YAML", "a: [", "error: the workload:"},
	} {
		s := newStage(t, cart)
		if got := outcome(s.create(t.Context(), s.cluster, feed.Create{YAML: tc.yaml})); !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.reason, got, tc.want)
		}
	}
	s := newStage(t, cart)
	var sent []string
	s.client.PrependReactor("create", "workloads", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if c, ok := a.(clienttesting.CreateActionImpl); ok {
			sent = c.CreateOptions.DryRun
		}
		return false, nil, nil
	})
	got := outcome(s.create(t.Context(), s.cluster, feed.Create{YAML: head + "metadata: {name: new}\nspec: {image: x}\n", Check: true}))
	if got != "workload shop/new can be created" || len(sent) != 1 {
		t.Errorf("got %s, dry run %v", got, sent)
	}
}

// write makes an editor of shell commands, one for each time that it is opened; $f is the
// file. What the person saw each time is in $f.N.
func write(t *testing.T, times ...string) (seen func(int) string) {
	t.Helper()
	dir := t.TempDir()
	var script strings.Builder
	script.WriteString("f=\"$2\"; d=" + dir + "\nn=$(ls $d | grep -c seen); cp \"$f\" $d/seen$n; stat -c %a \"$f\" > $d/mode; echo \"$f\" > $d/path\ncase $n in\n")
	for i, text := range times {
		script.WriteString(string(rune('0'+i)) + ")\n" + text + "\n;;\n")
	}
	script.WriteString("*) exit 9;;\nesac\n")
	path := filepath.Join(dir, "an editor")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBE_EDITOR", "sh '"+path+"' --wait")
	t.Setenv("EDITOR", "false")
	t.Setenv("TMPDIR", t.TempDir())
	return func(i int) string {
		data, err := os.ReadFile(filepath.Join(dir, "seen"+string(rune('0'+i))))
		if err != nil {
			return ""
		}
		return string(data)
	}
}

func TestEdit(t *testing.T) { // not parallel: it sets the environment
	workloads := resource("carto.run", "v1alpha1", "workloads")
	conflict := apierrors.NewConflict(workloads.GroupResource(), "cart", errors.New("the object has been modified"))
	invalid := apierrors.NewInvalid(schema.GroupKind{Kind: "Workload"}, "cart", nil)
	// once answers the first update with an error, after someone else has changed the object.
	once := func(fault error, change func(*unstructured.Unstructured)) func(*stage) {
		return func(s *stage) {
			first := true
			s.client.PrependReactor("update", "workloads", func(clienttesting.Action) (bool, runtime.Object, error) {
				if !first {
					return false, nil, nil
				}
				first = false
				if change != nil {
					obj, err := s.client.Tracker().Get(workloads, "shop", "cart")
					if err != nil {
						t.Fatal(err)
					}
					live, _ := obj.DeepCopyObject().(*unstructured.Unstructured)
					change(live)
					if err := s.client.Tracker().Update(workloads, live, "shop"); err != nil {
						t.Fatal(err)
					}
				}
				return true, nil, fault
			})
		}
	}
	for _, tc := range []struct {
		reason  string
		prepare func(*stage)
		editor  []string
		want    string // outcome
		image   string // of the workload then
		second  string // what the person sees the second time, in parts
		kept    string // what is left in the file
	}{
		{reason: "a change", editor: []string{`sed -i s/image:.x/image:\ new/ "$f"`}, want: "edited workload shop/cart", image: "new"},
		{reason: "saved as it was", editor: []string{`:`}, want: "nothing changed", image: "x"},
		{reason: "only a comment", editor: []string{`echo "# mine" >> "$f"`}, want: "nothing changed", image: "x"},
		{reason: "nothing left", editor: []string{`: > "$f"`}, want: "nothing changed", image: "x"},
		{
			reason: "no YAML, then repaired", editor: []string{`echo "a: [" >> "$f"`, `sed -i -e '/a: \[/d' -e s/image:.x/image:\ new/ "$f"`},
			want: "edited workload shop/cart", image: "new", second: "#~ NOT SAVED: this can not be saved:\n#~   workload-cart.yaml:",
		},
		{
			reason: "no YAML, and given up", editor: []string{`echo "a: [" >> "$f"`, `:`},
			want: "error: nothing was saved of workload shop/cart; what was typed is in ", image: "x", kept: "a: [",
		},
		{
			reason: "another name", editor: []string{`sed -i s/name:.cart/name:\ other/ "$f"`, `sed -i s/name:.other/name:\ cart/ "$f"`},
			want: "nothing changed", image: "x", second: `metadata.name is "other"; it can not be changed from "cart"`,
		},
		{
			reason: "refused by the API server", prepare: once(invalid, nil), editor: []string{`sed -i s/image:.x/image:\ new/ "$f"`, `sed -i s/image:.new/image:\ z/ "$f"`},
			want: "edited workload shop/cart", image: "z", second: "#~ NOT SAVED: the API server refuses this:\n#~   Workload \"cart\" is invalid",
		},
		{
			reason: "its status was written meanwhile", editor: []string{`sed -i s/image:.x/image:\ new/ "$f"`}, want: "edited workload shop/cart", image: "new",
			prepare: once(conflict, func(u *unstructured.Unstructured) {
				_ = unstructured.SetNestedField(u.Object, "new", "status", "supplyChainRef", "name")
			}),
		},
		{
			reason: "it was changed meanwhile", editor: []string{`sed -i s/image:.x/image:\ new/ "$f"`, `echo "# seen" >> "$f"`}, want: "edited workload shop/cart", image: "new",
			prepare: once(conflict, func(u *unstructured.Unstructured) {
				_ = unstructured.SetNestedField(u.Object, "theirs", "spec", "image")
			}),
			second: "#~ NOT SAVED: it was changed in the cluster meanwhile",
		},
		{
			reason: "it was deleted meanwhile", editor: []string{`sed -i s/image:.x/image:\ new/ "$f"`}, want: `error: workload "cart" not found in namespace "shop"; there is one in namespace shop; what was typed is in `, image: "x", kept: "image: new",
			prepare: once(apierrors.NewNotFound(workloads.GroupResource(), "cart"), nil),
		},
		{reason: "the editor fails before anything is typed", editor: []string{`exit 3`}, want: "error: the editor sh failed, nothing was saved: exit status 3; choose another one by KUBE_EDITOR or EDITOR", image: "x"},
		{reason: "the editor fails after", editor: []string{`echo "# x" >> "$f"; exit 3`}, want: "error: the editor sh failed, nothing was saved: exit status 3; choose another one by KUBE_EDITOR or EDITOR; what was typed is in ", image: "x", kept: "# x"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			s := newStage(t, cart)
			if tc.prepare != nil {
				tc.prepare(s)
			}
			seen := write(t, tc.editor...)
			e, err := s.newEdit(t.Context(), s.cluster, feed.Edit{Ref: owner})
			if err != nil {
				t.Fatal(err)
			}
			err = e.Run()
			got := outcome(e.done, err)
			if got != tc.want && (tc.kept == "" || !strings.HasPrefix(got, tc.want)) {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			obj, err := s.client.Resource(workloads).Namespace("shop").Get(t.Context(), "cart", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if image, _, _ := unstructured.NestedString(obj.Object, "spec", "image"); image != tc.image {
				t.Errorf("its image is %q, want %q", image, tc.image)
			}
			if _, there := obj.Object["status"]; !there {
				t.Error("its status is lost")
			}
			if !strings.Contains(seen(1), tc.second) || strings.Count(seen(1), "kind: Workload") > 1 {
				t.Errorf("the second time:\n%s", seen(1))
			}
			if strings.Contains(seen(0), "status:") || strings.Contains(seen(0), "uid:") {
				t.Errorf("the first time:\n%s", seen(0))
			}
			left, _ := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "carto-edit-*", "*"))
			switch {
			case tc.kept == "" && len(left) > 0:
				t.Errorf("left: %v", left)
			case tc.kept != "":
				if len(left) != 1 || !strings.HasSuffix(got, left[0]) {
					t.Fatalf("left: %v; told: %s", left, got)
				}
				if data, err := os.ReadFile(left[0]); err != nil || !strings.Contains(string(data), tc.kept) {
					t.Errorf("kept:\n%s%v", data, err)
				}
				if info, err := os.Stat(left[0]); err != nil || info.Mode().Perm() != 0o600 {
					t.Errorf("mode %v", info.Mode())
				}
			}
		})
	}
}

func TestEditorCommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, kube, editor, want string }{
		{"none is set", "", "", "vi|F"},
		{"that of the shell", "", "nano", "nano|F"},
		{"that of kubectl goes first", "code --wait", "nano", "code|--wait|F"},
		{"blank is none", " ", "nano", "nano|F"},
		{"quotes are for a shell", `"/my editor" -x`, "", `sh|-c|"/my editor" -x "$1"|sh|F`},
	} {
		getenv := func(name string) string { return map[string]string{"KUBE_EDITOR": tc.kube, "EDITOR": tc.editor}[name] }
		if got := strings.Join(editorCommand(getenv, "F"), "|"); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.reason, got, tc.want)
		}
	}
}

// FuzzMarks: what a person typed comes back as it was, whatever stood above it.
func FuzzMarks(f *testing.F) {
	f.Add("a: b\n", "it failed")
	f.Add("#~ x\n# mine\n", "")
	f.Fuzz(func(t *testing.T, body, said string) {
		said = strings.NewReplacer("\n", " ", "\r", " ").Replace(said)
		once := withoutMarks(body)
		if again := withoutMarks(mark + said + "\n" + once); again != once {
			t.Errorf("got %q, want %q", again, once)
		}
		if strings.Contains(once, "\n"+strings.TrimSpace(mark)) {
			t.Errorf("a mark is left: %q", once)
		}
	})
}
