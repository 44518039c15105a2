package e2e

import (
	"context"
	"errors"
	"flag"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/harness"
)

var update = flag.Bool("update", false, "rewrite the expected output in the scripts")

// TestScripts runs every script of testdata/script; the folder is the list.
func TestScripts(t *testing.T) {
	cp := harness.Shared(t)
	client, err := dynamic.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	installCRDs(t, client)
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// One namespace a script; its name is that of the script's folder.
			ns := "cli-" + strconv.FormatInt(time.Now().UnixNano(), 36)
			env.Vars = append(env.Vars, "KUBECONFIG="+cp.Kubeconfig, "NS="+ns, "HOME="+env.WorkDir, "LANG=C.UTF-8", "SERVER="+cp.Config.Host, "DOCS="+docs)
			_, err := harness.Apply(context.Background(), cp.Config, "", "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+ns+"}\n")
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"apply":  func(ts *testscript.TestScript, _ bool, args []string) { apply(ts, cp, args) },
			"status": func(ts *testscript.TestScript, _ bool, args []string) { status(ts, client, args) },
			"exits":  exits,

			"eventually": eventually,
			"registry":   serveRegistry,
		},
	})
}

func installCRDs(t *testing.T, client dynamic.Interface) {
	t.Helper()
	objects, err := install.Objects(install.Config{CRDsOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := install.Apply(ctx, client, objects, func(install.Result) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := install.WaitEstablished(ctx, client, objects); err != nil {
		t.Fatal(err)
	}
}

// apply FILE applies a file into the script's namespace.
func apply(ts *testscript.TestScript, cp *harness.ControlPlane, args []string) {
	_, err := harness.Apply(context.Background(), cp.Config, ts.Getenv("NS"), ts.ReadFile(args[0]))
	ts.Check(err)
}

// status NAME FILE writes a workload's status, as the agent would, through the status
// subresource. References in it get the script's namespace.
func status(ts *testscript.TestScript, client dynamic.Interface, args []string) {
	var wanted map[string]any
	ts.Check(yaml.Unmarshal([]byte(ts.ReadFile(args[1])), &wanted))
	workloads := client.Resource(v1alpha1.GroupVersion.WithResource("workloads")).Namespace(ts.Getenv("NS"))
	obj, err := workloads.Get(context.Background(), args[0], metav1.GetOptions{})
	ts.Check(err)
	if steps, ok := wanted["resources"].([]any); ok {
		for _, s := range steps {
			if ref, ok := s.(map[string]any)["stampedRef"].(map[string]any); ok {
				ref["namespace"] = ts.Getenv("NS")
			}
		}
	}
	if _, given := wanted["observedGeneration"]; !given {
		wanted["observedGeneration"] = obj.GetGeneration()
	}
	ts.Check(unstructured.SetNestedMap(obj.Object, jsonMap(wanted), "status"))
	_, err = workloads.UpdateStatus(context.Background(), obj, metav1.UpdateOptions{})
	ts.Check(err)
}

// jsonMap gives the numbers the types that unstructured objects hold.
func jsonMap(m map[string]any) map[string]any {
	u := &unstructured.Unstructured{}
	data, err := yaml.Marshal(map[string]any{"apiVersion": "v1", "kind": "X", "status": m})
	if err == nil {
		if data, err = yaml.YAMLToJSON(data); err == nil {
			_ = u.UnmarshalJSON(data)
		}
	}
	status, _, _ := unstructured.NestedMap(u.Object, "status")
	return status
}

// exits CODE PROGRAM ARGS... runs a program that must end with that exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// eventually REGEX PROGRAM ARGS... repeats a program until its standard output matches.
func eventually(ts *testscript.TestScript, _ bool, args []string) {
	want, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	out := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		err = ts.Exec(args[1], args[2:]...)
		if out = ts.ReadFile("stdout"); err == nil && want.MatchString(out) {
			return
		}
	}
	ts.Fatalf("%q never came; the last output is\n%s\n%v", args[0], out, err)
}
