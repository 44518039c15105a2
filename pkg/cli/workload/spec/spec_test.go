package spec

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
)

// command is the flags without what they are for.
func command(env map[string]string, stdin string) (*Options, *cobra.Command) {
	s, in, _, _ := streams.Test()
	in.WriteString(stdin)
	s.Getenv = func(name string) string { return env[name] }
	f := cmdutil.NewFactory("kubectl carto", s)
	f.Namespace = func() (string, bool, error) { return "shop", false, nil }
	o := New(f, "done")
	cmd := &cobra.Command{Use: "x", SilenceErrors: true, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.Complete(cmd, args) }
	o.AddTo(cmd, f)
	return &o, cmd
}

func parsed(t *testing.T, stdin string, args ...string) *Options {
	t.Helper()
	o, cmd := command(nil, stdin)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

// layered is the file of standard input with the flags on top.
func layered(ctx context.Context, o *Options, isNew bool) (*unstructured.Unstructured, error) {
	obj, err := o.Given(ctx)
	if err != nil {
		return nil, err
	}
	return obj, o.Layer(obj, isNew)
}

const file = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: from-file, namespace: file-ns, labels: {apps.tanzu.vmware.com/workload-type: server, a: b}}
spec:
  source: {git: {url: u, ref: {branch: main, tag: v1}}, subPath: app}
  params: [{name: p, value: 1}, {name: q, value: {n: 2}}]
  env: [{name: A, value: "1"}]
`

// workload is a small file whose spec a case gives.
func workload(spec string) string {
	return "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: x, labels: {apps.tanzu.vmware.com/workload-type: web}}\nspec: " + spec + "\n"
}

// TestLayer has a case for each flag: what it does to a workload, and what its removal or
// its fault is.
func TestLayer(t *testing.T) {
	t.Parallel()
	const typ = "apps.tanzu.vmware.com/workload-type"
	web := map[string]string{typ: "web"}
	for _, tc := range []struct {
		reason, stdin string
		args          []string
		old           bool // the workload is in the cluster already
		spec          string
		labels        map[string]string
		annotations   map[string]string
		fault         string
	}{
		{reason: "the type defaults to web", args: []string{"x", "-i", "img"}, spec: "image: img"},
		{reason: "the file's type stays, its name is used", stdin: file, args: []string{"-f", "-"},
			spec:   "{source: {git: {url: u, ref: {branch: main, tag: v1}}, subPath: app}, params: [{name: p, value: 1}, {name: q, value: {n: 2}}], env: [{name: A, value: '1'}]}",
			labels: map[string]string{typ: "server", "a": "b"}},
		{reason: "an image clears the source", stdin: file, args: []string{"-f", "-", "-i", "img", "-p", "p-", "-p", "q-", "-e", "A-", "-l", "a-"},
			spec: "image: img", labels: map[string]string{typ: "server"}},
		{reason: "an empty value unsets one ref", stdin: file, args: []string{"-f", "-", "--git-tag", "", "--sub-path=", "--param-yaml", "p=[1, {a: 1.5}]", "-p", "q-", "-e", "A=2", "-t", "web"},
			spec:   "{source: {git: {url: u, ref: {branch: main}}}, params: [{name: p, value: [1, {a: 1.5}]}], env: [{name: A, value: '2'}]}",
			labels: map[string]string{typ: "web", "a": "b"}},
		{reason: "an empty repo drops git", stdin: file, args: []string{"-f", "-", "--git-repo", "", "--sub-path="},
			spec:   "{params: [{name: p, value: 1}, {name: q, value: {n: 2}}], env: [{name: A, value: '1'}]}",
			labels: map[string]string{typ: "server", "a": "b"}},
		{reason: "all three refs may be set", args: []string{"x", "--git-repo", "u", "--git-branch", "b", "--git-tag", "t", "--git-commit", "c", "--sub-path", "d"},
			spec: "source: {git: {url: u, ref: {branch: b, tag: t, commit: c}}, subPath: d}"},
		{reason: "a git flag replaces an image of the file", stdin: workload("{image: i}"), args: []string{"-f", "-", "--git-repo", "u", "--git-tag", "t"},
			spec: "source: {git: {url: u, ref: {tag: t}}}"},
		{reason: "all refs gone", stdin: file, args: []string{"-f", "-", "--git-tag", "", "--git-branch", ""}, fault: "needs a ref"},
		{reason: "a source image replaces git and keeps the folder", stdin: file, args: []string{"-f", "-", "-s", "reg/src", "-p", "p-", "-p", "q-", "-e", "A-"},
			spec: "source: {image: reg/src, subPath: app}", labels: map[string]string{typ: "server", "a": "b"}},
		{reason: "a folder of no source", args: []string{"x", "--sub-path", "d"}, fault: "--sub-path needs a source"},

		{reason: "values may hold = and commas, and are kept byte for byte", args: []string{"x", "-i", "img", "-e", "A=b=c,d", "-e", "B= secret:x/y\n", "--build-env", "C=", "--service-account", "sa"},
			spec: `{image: img, env: [{name: A, value: "b=c,d"}, {name: B, value: " secret:x/y\n"}], build: {env: [{name: C, value: ""}]}, serviceAccountName: sa}`},
		{reason: "a service account is unset by an empty value", stdin: workload("{serviceAccountName: sa, image: i}"), args: []string{"-f", "-", "--service-account", ""}, spec: "image: i"},
		{reason: "references replace literals in their place", stdin: workload("{image: i, env: [{name: A, value: a}, {name: B, value: b}]}"),
			args: []string{"-f", "-", "--env-from-secret", "A=db:password", "--env-from-config-map", "C=conf:log.level", "--build-env-from-secret", "T=npm:token", "--build-env-from-config-map", "U=b:u"},
			spec: "{image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: db, key: password}}}, {name: B, value: b}, {name: C, valueFrom: {configMapKeyRef: {name: conf, key: log.level}}}], " +
				"build: {env: [{name: T, valueFrom: {secretKeyRef: {name: npm, key: token}}}, {name: U, valueFrom: {configMapKeyRef: {name: b, key: u}}}]}}"},
		{reason: "a literal replaces a reference whole", stdin: workload("{image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}"), args: []string{"-f", "-", "-e", "A=1"},
			spec: "{image: i, env: [{name: A, value: '1'}]}"},
		{reason: "the last build variable takes build with it", stdin: workload("{image: i, build: {env: [{name: A, value: a}]}}"), args: []string{"-f", "-", "--build-env", "A-"}, spec: "image: i"},

		{reason: "app is a label", args: []string{"x", "-i", "i", "-a", "shop"}, spec: "image: i", labels: map[string]string{typ: "web", partOfLabel: "shop"}},
		{reason: "an empty app removes it", stdin: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: x, labels: {" + partOfLabel + ": a, " + typ + ": web}}\nspec: {image: i}\n",
			args: []string{"-f", "-", "--app", ""}, spec: "image: i"},
		{reason: "a workload that exists gets no default type", stdin: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: x, labels: {a: b}}\nspec: {image: i}\n",
			old: true, args: []string{"-f", "-"}, spec: "image: i", labels: map[string]string{"a": "b"}},
		{reason: "a bad label", args: []string{"x", "-i", "img", "-l", "a=b c"}, fault: "--label a value"},
		{reason: "annotations are a param", args: []string{"x", "-i", "i", "--annotation", "a=1", "--annotation", "b=2"}, spec: "{image: i, params: [{name: annotations, value: {a: '1', b: '2'}}]}"},
		{reason: "an annotation is removed alone", stdin: workload("{image: i, params: [{name: annotations, value: {a: '1', b: '2'}}]}"), args: []string{"-f", "-", "--annotation", "a-"},
			spec: "{image: i, params: [{name: annotations, value: {b: '2'}}]}"},
		{reason: "the param disappears with the last", stdin: workload("{image: i, params: [{name: annotations, value: {a: '1'}}]}"), args: []string{"-f", "-", "--annotation", "a-"}, spec: "image: i"},
		{reason: "an annotations param that is no map is left alone", stdin: workload("{image: i, params: [{name: annotations, value: x}]}"), args: []string{"-f", "-", "--annotation", "a=1"}, fault: "is no map"},
		{reason: "debug is a text", args: []string{"x", "-i", "i", "--debug"}, spec: "{image: i, params: [{name: debug, value: 'true'}]}"},
		{reason: "debug=false removes it", stdin: workload("{image: i, params: [{name: debug, value: 'true'}]}"), args: []string{"-f", "-", "--debug=false"}, spec: "image: i"},
		{reason: "new params come in one order", args: []string{"x", "-i", "i", "--live-update", "--debug"}, spec: "{image: i, params: [{name: debug, value: 'true'}, {name: live-update, value: 'true'}]}"},
		{reason: "live-update is a text", args: []string{"x", "-i", "i", "--live-update"}, spec: "{image: i, params: [{name: live-update, value: 'true'}]}"},
		{reason: "live-update=false removes it", stdin: workload("{image: i, params: [{name: live-update, value: 'true'}]}"), args: []string{"-f", "-", "--live-update=false"}, spec: "image: i"},

		{reason: "maven is a param and replaces a source", stdin: workload("{source: {git: {url: u, ref: {branch: b}}}}"), args: []string{"-f", "-", "--maven-group", "g", "--maven-artifact", "a", "--maven-version", "1", "--maven-type", "war"},
			spec: "params: [{name: maven, value: {groupId: g, artifactId: a, version: '1', type: war}}]"},
		{reason: "a new version needs one flag", stdin: workload("{params: [{name: maven, value: {groupId: g, artifactId: a, version: '1'}}]}"), args: []string{"-f", "-", "--maven-version", "2"},
			spec: "params: [{name: maven, value: {groupId: g, artifactId: a, version: '2'}}]"},
		{reason: "maven flags beat --param-yaml", args: []string{"x", "--param-yaml", "maven={groupId: old, version: 0, type: war}", "--maven-group", "g", "--maven-artifact", "a", "--maven-version", "1"},
			spec: "params: [{name: maven, value: {groupId: g, artifactId: a, version: '1'}}]"},
		{reason: "maven without a version", args: []string{"x", "--maven-group", "g", "--maven-artifact", "a"}, fault: "--maven-version"},
		{reason: "git replaces maven", stdin: workload("{params: [{name: maven, value: {groupId: g, artifactId: a, version: '1'}}]}"), args: []string{"-f", "-", "--git-repo", "u", "--git-branch", "b"},
			spec: "source: {git: {url: u, ref: {branch: b}}}"},

		{reason: "a service claim", args: []string{"x", "-i", "i", "--service-ref", "db=example.com/v1:Postgres:main"},
			spec: "{image: i, serviceClaims: [{name: db, ref: {apiVersion: example.com/v1, kind: Postgres, name: main}}]}"},
		{reason: "its namespace goes into the annotation", args: []string{"x", "-i", "i", "--service-ref", "db=example.com/v1:Postgres:data:main"},
			spec:        "{image: i, serviceClaims: [{name: db, ref: {apiVersion: example.com/v1, kind: Postgres, name: main}}]}",
			annotations: map[string]string{extensionsAnnotation: `{"apiVersion":"supplychain.apps.x-tanzu.vmware.com/v1alpha1","kind":"ServiceClaimsExtension","spec":{"serviceClaims":{"db":{"namespace":"data"}}}}`}},
		{reason: "a removed claim takes its namespace with it", stdin: "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: x, annotations: {" + extensionsAnnotation + `: '{"spec":{"serviceClaims":{"db":{"namespace":"data"}}}}'}}` + "\nspec: {image: i, serviceClaims: [{name: db}]}\n",
			args: []string{"-f", "-", "--service-ref", "db-"}, spec: "image: i"},

		{reason: "resources", args: []string{"x", "-i", "i", "--limit-cpu", "1", "--limit-memory", "1Gi", "--request-cpu", "500m", "--request-memory", "1Gi"},
			spec: "{image: i, resources: {limits: {cpu: '1', memory: 1Gi}, requests: {cpu: 500m, memory: 1Gi}}}"},
		{reason: "empty quantities are unset", stdin: workload("{image: i, resources: {limits: {cpu: 1}, requests: {memory: 1Gi}}}"), args: []string{"-f", "-", "--limit-cpu", "", "--request-memory="}, spec: "image: i"},
		{reason: "a request above the limit of the file", stdin: workload("{image: i, resources: {limits: {cpu: 1}}}"), args: []string{"-f", "-", "--request-cpu", "1001m"}, fault: "request of 1001m for cpu is more than the limit of 1"},

		{reason: "a name that is no label value", args: []string{strings.Repeat("a", 64), "-i", "img"}, fault: "longer than 63"},
		{reason: "spec is a list", stdin: "apiVersion: carto.run/v1alpha1\nkind: Workload\nspec: []\n", args: []string{"x", "-f", "-"}, fault: "spec"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			obj, err := layered(t.Context(), parsed(t, tc.stdin, tc.args...), !tc.old)
			if tc.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fault) {
					t.Errorf("got %v, want a fault with %q", err, tc.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want, got map[string]any
			if err := yaml.Unmarshal([]byte(tc.spec), &want); err != nil {
				t.Fatal(err)
			}
			data, _ := yaml.Marshal(obj.Object["spec"])
			_ = yaml.Unmarshal(data, &got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("spec (-want +got):\n%s", d)
			}
			if tc.labels == nil {
				tc.labels = web
			}
			if d := cmp.Diff(tc.labels, obj.GetLabels()); d != "" {
				t.Errorf("labels (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.annotations, obj.GetAnnotations()); d != "" {
				t.Errorf("annotations (-want +got):\n%s", d)
			}
			if obj.DeepCopy() == nil { // panics on types that JSON has not
				t.Error("no copy")
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		args   []string
		want   string
	}{
		{"two sources", []string{"x", "--git-repo", "u", "--maven-group", "g"}, "the --git-* flags and the --maven-* flags exclude each other"},
		{"three sources", []string{"x", "--git-repo", "u", "-i", "i", "-s", "s"}, "exclude each other"},
		{"a folder without a place to push it to", []string{"x", "--local-path", "."}, "--local-path needs --source-image"},
		{"an empty folder", []string{"x", "--local-path", "", "-s", "x"}, "--local-path is empty"},
		{"registry flags without a push", []string{"x", "-s", "i", "--registry-username", "u", "--registry-password", "p"}, "--registry-username is only for --local-path"},
		{"a user without a password", []string{"x", "-s", "i", "--local-path", ".", "--registry-username", "u"}, "belong together"},
		{"a token and a user", []string{"x", "-s", "i", "--local-path", ".", "--registry-token", "t", "--registry-username", "u"}, "exclude each other"},
		{"a quantity", []string{"x", "-i", "i", "--limit-cpu", "lots"}, `--limit-cpu "lots" is no quantity`},
		{"a negative quantity", []string{"x", "-i", "i", "--request-memory", "-1"}, "is negative"},
		{"a variable twice", []string{"x", "-i", "i", "-e", "A=1", "--env-from-secret", "A=s:k"}, "--env and --env-from-secret both give A"},
		{"a reference without a key", []string{"x", "-i", "i", "--env-from-secret", "A=s"}, "is not NAME:KEY"},
		{"a name of a secret", []string{"x", "-i", "i", "--env-from-secret", "A=S_:k"}, `--env-from-secret name "S_"`},
		{"a claim", []string{"x", "-i", "i", "--service-ref", "a=b"}, "is not apiVersion:kind:name"},
		{"a claim with a hole", []string{"x", "-i", "i", "--service-ref", "a=b::c"}, "has an empty part"},
		{"a negative delay", []string{"x", "-i", "i", "--delay", "-1s"}, "--delay"},
		{"standard input without an answer", []string{"-f", "-"}, "--yes answers the question"},
	} {
		var all []string
		for _, err := range parsed(t, "", tc.args...).Faults(false) {
			if err != nil {
				all = append(all, err.Error())
			}
		}
		if got := strings.Join(all, "\n"); !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
		}
	}
	for _, args := range [][]string{{"-f", "-", "--yes"}, {"-f", "-", "--dry-run"}, {"x", "-i", "i"}, {"x", "--image", "", "--git-repo", "u"}} {
		for _, err := range parsed(t, "", args...).Faults(false) {
			if err != nil {
				t.Errorf("%v: %v", args, err)
			}
		}
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	o := parsed(t, "", "x", "--param-yaml", "maven={}", "--maven-group", "g", "--service-ref", "db=v1:K:ns:n", "--service-ref", "plain=v1:K:n")
	got := strings.Join(o.Notices(), "\n")
	if strings.Count(got, "\n") != 1 || !strings.Contains(got, "--maven-* flags replace") || !strings.Contains(got, "--service-ref db names a namespace; this form is deprecated") {
		t.Error(got)
	}
}

func TestRegistryEnvironment(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason string
		env    map[string]string
		args   []string
		want   RegistryFlags
	}{
		{"the names of the original", map[string]string{"TANZU_APPS_REGISTRY_USERNAME": "u", "TANZU_APPS_REGISTRY_PASSWORD": "p", "TANZU_APPS_REGISTRY_CA_CERT": "c"}, nil,
			RegistryFlags{CACerts: []string{"c"}, Username: "u", Password: "p"}},
		{"ours win", map[string]string{"TANZU_APPS_REGISTRY_TOKEN": "a", "CARTO_REGISTRY_TOKEN": "b"}, nil, RegistryFlags{Token: "b"}},
		{"flags win", map[string]string{"CARTO_REGISTRY_TOKEN": "b"}, []string{"--registry-token", "f"}, RegistryFlags{Token: "f"}},
		{"a token by flag is not mixed with a user of the environment", map[string]string{"CARTO_REGISTRY_USERNAME": "u", "CARTO_REGISTRY_PASSWORD": "p"}, []string{"--registry-token", "f"}, RegistryFlags{Token: "f"}},
		{"the password may be in the environment alone", map[string]string{"CARTO_REGISTRY_USERNAME": "e", "CARTO_REGISTRY_PASSWORD": "p"}, []string{"--registry-username", "u"}, RegistryFlags{Username: "u", Password: "p"}},
	} {
		o, cmd := command(tc.env, "")
		cmd.SetArgs(tc.args)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tc.want, o.Registry, cmp.Transformer("nil", func(s []string) string { return strings.Join(s, ",") })); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.reason, d)
		}
	}
}

// TestHelpNamesItsFlag: of flags that begin alike each speaks of its own last word, and
// not of that of another, in its first sentence. The original had username and password
// swapped (spec: cli §2.9).
func TestHelpNamesItsFlag(t *testing.T) {
	t.Parallel()
	_, cmd := command(nil, "")
	families := map[string][]*pflag.Flag{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if family, _, ok := strings.Cut(f.Name, "-"); ok {
			families[family] = append(families[family], f)
		}
	})
	checked := 0
	for _, family := range []string{"registry", "git", "maven", "limit", "request"} {
		for _, f := range families[family] {
			first, _, _ := strings.Cut(strings.ToLower(f.Usage), ". ")
			for _, other := range families[family] {
				_, word, _ := strings.Cut(other.Name, "-")
				word = strings.Replace(word, "artifact", "name of the maven artifact", 1)
				word = strings.Replace(word, "repo", "url", 1)
				word = strings.Replace(word, "group", "group of", 1)
				if has := strings.Contains(first, word); has != (other == f) {
					t.Errorf("--%s: %q, and %q is of --%s", f.Name, first, word, other.Name)
				}
				checked++
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d pairs", checked)
	}
}

// TestTail: logs end with the wait, which waits for that; their failure is a warning.
func TestTail(t *testing.T) {
	t.Parallel()
	o := parsed(t, "", "x")
	ended := false
	o.Tail = func(ctx context.Context, _ dynamic.Interface, namespace, name string) error {
		<-ctx.Done()
		ended = namespace == "shop" && name == "cart"
		return ctx.Err()
	}
	made := &unstructured.Unstructured{Object: map[string]any{}}
	made.SetNamespace("shop")
	made.SetName("cart")
	o.startTail(t.Context(), nil, made)()
	errOut, _ := o.Streams.ErrOut.(*bytes.Buffer)
	if !ended || errOut.Len() > 0 {
		t.Errorf("ended %v, %s", ended, errOut)
	}
	failed := make(chan struct{})
	o.Tail = func(context.Context, dynamic.Interface, string, string) error {
		defer close(failed)
		return errors.New("no pods")
	}
	stop := o.startTail(t.Context(), nil, made)
	<-failed
	stop()
}

func TestBar(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		done, total int64
		unicode     bool
		want        string
	}{
		{0, 2048, false, "Pushing ------------------------------ 0 B of 2.0 KiB"},
		{1024, 2048, false, "Pushing ###############--------------- 1.0 KiB of 2.0 KiB"},
		{3 << 30, 3 << 30, true, "Pushing ██████████████████████████████ 3.0 GiB of 3.0 GiB"},
	} {
		if got := bar(tc.done, tc.total, tc.unicode); got != tc.want {
			t.Errorf("got  %s\nwant %s", got, tc.want)
		}
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	o := parsed(t, file, "-f", "-")
	if obj, err := o.Given(t.Context()); err != nil || obj.GetNamespace() != "file-ns" {
		t.Errorf("the file's namespace is kept: %v, %v", obj, err)
	}
	o = parsed(t, file, "-f", "-")
	o.Namespace = func() (string, bool, error) { return "flag", true, nil }
	if obj, err := o.Given(t.Context()); err != nil || obj.GetNamespace() != "flag" {
		t.Errorf("the flag wins: %v, %v", obj, err)
	}
}

func TestDryRunFlag(t *testing.T) {
	t.Parallel()
	for arg, want := range map[string]string{"": "none", "--dry-run": "client", "--dry-run=server": "server"} {
		args := []string{"x", "-i", "y"}
		if arg != "" {
			args = append(args, arg)
		}
		if got := parsed(t, "", args...).DryRun; got != want {
			t.Errorf("%q: got %s, want %s", arg, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("---\n- a\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parse("f", data) })
}

// FuzzPair: what is parsed says the same as what was written.
func FuzzPair(f *testing.F) {
	for _, s := range []string{"A=1", "A-", "A", "=", "-", "A=b=c", "A=secret:x", "db=v1:K:ns:n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePair("x", s)
		switch {
		case err != nil:
		case p.key == "":
			t.Errorf("%q has no key", s)
		case p.remove && p.key+"-" != s, !p.remove && p.key+"="+p.value != s:
			t.Errorf("%q became %+v", s, p)
		}
		if ref, err := parseKeyRef("x", s); err == nil && ref.name+":"+ref.key != s {
			t.Errorf("%q became %+v", s, ref)
		}
		if c, err := parseClaim(s); err == nil && (c.apiVersion == "" || c.kind == "" || c.name == "") {
			t.Errorf("%q became %+v", s, c)
		}
	})
}
