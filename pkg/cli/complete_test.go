package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// freeText are the flags whose values nobody can know, and why. Every other flag with a
// value completes: TestEverythingCompletes fails for one that does neither.
var freeText = map[string]string{
	"as": "any user", "as-group": "any group", "as-uid": "any user", "as-user-extra": "any key and value",
	"proxy-url": "a URL", "request-timeout": "a time", "server": "a URL", "tls-server-name": "a host", "token": "a secret",
	"build-env": "the application's own", "env": "the application's own", "label": "any label", "selector": "any labels",
	"field-manager": "any name",
	"git-repo":      "a URL", "git-branch": "known to the repository", "git-tag": "known to the repository", "git-commit": "known to the repository",
	"image": "known to a registry", "sub-path": "a folder of the source", "value": "values of a template",
	"template": "text of -o go-template", "app": "any application", "component": "any component", "container": "depends on the pod",
	"pod":            "only behind an owner that has pods",
	"field-selector": "any fields", "label-columns": "any labels", "sort-by": "a path",
	"annotation": "the supply chain's own", "service-ref": "any service", "source-image": "known to a registry",
	"env-from-secret": "the application's own", "env-from-config-map": "the application's own",
	"build-env-from-secret": "the application's own", "build-env-from-config-map": "the application's own",
	"limit-cpu": "a quantity", "limit-memory": "a quantity", "request-cpu": "a quantity", "request-memory": "a quantity",
	"maven-group": "known to a repository", "maven-artifact": "known to a repository", "maven-version": "known to a repository",
	"kubernetes-version": "any version", "target-version": "any version",
	"run":               "any test",
	"watch-kinds":       "the definitions of a cluster, of which these tests have none",
	"registry-username": "any user", "registry-password": "a secret", "registry-token": "a secret",
}

const kubeconfig = `apiVersion: v1
kind: Config
current-context: here
clusters: [{name: near, cluster: {server: "https://near.example"}}, {name: far, cluster: {server: "https://far.example"}}]
users: [{name: ada, user: {token: x}}]
contexts: [{name: here, context: {cluster: near, user: ada}}, {name: there, context: {cluster: far, user: ada}}]
`

// complete presses TAB and returns the candidates, and the directive to the shell.
func complete(t *testing.T, words ...string) (candidates []string, directive string) {
	t.Helper()
	f, out, _ := newFactory(t, false, append(objects(t), objectsOf(t, "testdata/completion.yaml")...)...)
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Config.KubeConfig = &path
	if code := Run(t.Context(), f, append([]string{cobra.ShellCompRequestCmd}, words...)); code != 0 {
		t.Errorf("%q: exit code %d", words, code)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[:len(lines)-1], lines[len(lines)-1]
}

// TestEverythingCompletes walks the command tree: each argument completes or is known to
// have nothing to complete, and each flag with a value completes, or is free text.
func TestEverythingCompletes(t *testing.T) {
	t.Parallel()
	f, _, _ := newFactory(t, false)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Name() == "help" {
			return
		}
		path := strings.Fields(cmd.CommandPath())[2:] // without "kubectl carto"
		if _, directive := complete(t, append(path, "")...); directive == ":0" {
			t.Errorf("%s offers files for its argument", cmd.CommandPath())
		}
		check := func(flag *pflag.Flag) {
			kind := flag.Value.Type()
			if flag.Hidden || kind == "bool" || kind == "duration" || strings.HasPrefix(kind, "int") || flag.Name == "v" {
				return
			}
			words := append([]string{}, path...)
			if flag.Name == "step" {
				owner := "stepped"
				if len(path) == 1 {
					owner = "workload/stepped"
				}
				words = append(words, owner)
			}
			if cmd.Name() == "render" && len(path) == 1 {
				words = append(path[:1:1], "-f", "../../docs/examples/web") // it knows nothing else
			}
			candidates, directive := complete(t, append(words, "--"+flag.Name+"=")...)
			_, free := freeText[flag.Name]
			_, files := flag.Annotations[cobra.BashCompFilenameExt]
			_, dirs := flag.Annotations[cobra.BashCompSubdirsInDir]
			files = files || dirs
			switch {
			case directive == ":0" && !files:
				t.Errorf("%s --%s offers files", cmd.CommandPath(), flag.Name)
			case len(candidates) == 0 && !free && !files:
				t.Errorf("%s --%s completes to nothing; if that is right, say why in freeText", cmd.CommandPath(), flag.Name)
			}
		}
		cmd.LocalNonPersistentFlags().VisitAll(check)
		if !cmd.HasParent() {
			cmd.PersistentFlags().VisitAll(check)
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(NewRoot(f))
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ reason, words, want string }{
		{"types", "tree _", "workload/ deliverable/ runnable/ supplychain/ delivery/ :6"},
		{"the beginning of a type", "tree d", "deliverable/ delivery/ :6"},
		{"an alias", "tree wld", "wld/ :6"},
		{"TYPE/NAME", "tree wld/c", "wld/cart :4"},
		{"TYPE NAME", "tree wld _", "cart shop stepped :4"},
		{"another TYPE/NAME behind one", "tree workload/cart workload/s", "workload/shop workload/stepped :4"},
		{"steps of TYPE/NAME", "tree workload/cart --step b", "build :4"},
		{"a type that is none", "tree pod/_", ":4"},
		{"names", "deliverable get c", "cart :4"},
		{"no second name", "deliverable get cart _", ":4"},
		{"not what is typed already", "workload delete cart _", "shop stepped :4"},
		{"steps", "workload retry cart --step b", "build :4"},
		{"steps of TYPE/NAME behind a verb", "workload retry workload/cart --step b", "build :4"},
		{"what is left of a list", "workload events cart --types Normal,_", "Normal,Warning :6"},
		{"sections of an explanation", "why workload/cart --show params,_", "params,selection :6"},
		{"contexts", "workload list --context _", "here there :4"},
		{"clusters", "workload list --cluster n", "near :4"},
		{"users", "version --user _", "ada :4"},
		{"namespaces", "workload list -n _", "shop :4"},
		{"types of workloads", "workload create --type _", "function|supply chain functions lambda|supply chain functions web|supply chain web :4"},
		{"service accounts", "workload create --service-account _", "stamper :4"},
		{"params of all chains: neither locked ones nor those of unused templates", "workload create -p _", `builder=|default "a long name of a builder that nobody c… interval=|default "5m" poll=|default {"every":"1m"} replicas=|default 1 scale=|default {"min":0} :6`},
		{"params of the chain that the labels select", "workload create --type lambda -l language=go --param-yaml s", `scale=|default {"min":0} :6`},
		{"of all when none selects them", "workload create --type nope --param i", `interval=|default "5m" :6`},
		{"no values", "workload create --param scale=_", ":4"},
		{"an unknown command", "trie _", ":4"},
		{"files to check, and folders", "lint testdata/lint/platform/c", "testdata/lint/platform/chain.yaml testdata/lint/platform/clean.yaml :4"},
		{"folders of files to check", "lint testdata/lint/p", "testdata/lint/platform/ :6"},
		{"rules of a list", "lint --rule SYN002,unknown-input-s_", "SYN002,unknown-input-step :6"},
		{"a rule to explain", "lint explain duplicate-k", "duplicate-key|a mapping has the same key twice :4"},
		{"owners of files", "render -f ../../docs/examples/options workload/t", "workload/tested :4"},
		{"steps of files", "render -f ../../docs/examples/options --step te", "test :4"},
		{"params of files that are not locked", "render -f ../../docs/examples/web -p _", "poll= replicas= :6"},
		{"nothing of files that can not be read", "render -f nothere.yaml _", ":4"},
		{"templates", "template render clusterimagetemplate/_", "clusterimagetemplate/function :4"},
	} {
		words := strings.Fields(tc.words)
		if last := len(words) - 1; strings.HasSuffix(words[last], "_") {
			words[last] = strings.TrimSuffix(words[last], "_")
		}
		candidates, directive := complete(t, words...)
		got := strings.ReplaceAll(strings.Join(append(candidates, directive), " "), "\t", "|")
		if got != tc.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", tc.reason, tc.words, got, tc.want)
		}
	}
}

// TestCompleteWithoutCluster: no candidates, no talk, no failure.
func TestCompleteWithoutCluster(t *testing.T) {
	t.Parallel()
	f, out, errOut := newFactory(t, false)
	none := "/nothere"
	f.Config.KubeConfig = &none
	f.Dynamic = nil
	f.Namespace = func() (string, bool, error) { return "", false, os.ErrNotExist }
	for _, words := range []string{"workload get", "workload create --service-account", "tree workload", "workload list --context"} {
		out.Reset()
		errOut.Reset()
		if code := Run(t.Context(), f, append([]string{cobra.ShellCompRequestCmd}, append(strings.Fields(words), "")...)); code != 0 {
			t.Errorf("%s: exit code %d", words, code)
		}
		if out.String() != ":4\n" || strings.Contains(errOut.String(), "error") {
			t.Errorf("%s: %q, %q", words, out, errOut)
		}
	}
}

// otherWords are flags whose help speaks of them in another word than their name.
var otherWords = map[string][]string{
	"cascade": {"stamped objects"}, "deep": {"every kind"}, "delay": {"how long"}, "depth": {"levels"}, "dir": {"folder"}, "dry-run": {"print"},
	"export": {"manifest"}, "force": {"replace"}, "force-conflicts": {"other field managers"}, "max-streams": {"how many"}, "previous": {"before they restarted"},
	"print": {"write"}, "selector": {"labels"}, "show": {"sections"}, "since": {"within", "look back"}, "stalled-after": {"nothing has changed"}, "stdio": {"standard input"},
	"sub-path": {"folder"}, "template": {"tags"}, "timeout": {"how long"}, "timestamps": {"when"}, "until": {"end when"},
	"update-strategy": {"merge"}, "watch": {"change", "happen"}, "yes": {"do not ask"},
}

// TestFlagHelp: the help of a flag speaks of that flag. Where texts are swapped, no compiler
// sees it.
func TestFlagHelp(t *testing.T) {
	t.Parallel()
	f, _, _ := newFactory(t, false)
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.Usage == "" {
				t.Errorf("%s --%s has no help", cmd.CommandPath(), flag.Name)
			}
			usage := strings.ToLower(flag.Usage)
			said := flag.Name == "help" || slices.ContainsFunc(otherWords[flag.Name], func(word string) bool { return strings.Contains(usage, word) })
			for _, word := range strings.Split(flag.Name, "-") {
				// Four letters, for "label" and "labelled", "wait" and "waits".
				said = said || strings.Contains(usage, word[:min(len(word), 4)])
			}
			if !said {
				t.Errorf("%s --%s: its help does not speak of it: %s", cmd.CommandPath(), flag.Name, flag.Usage)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(NewRoot(f))
}
