package security

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carto-run/carto/pkg/lint"
)

// TestCredentials: what is taken for one, and what only looks like one.
func TestCredentials(t *testing.T) {
	t.Parallel()
	letters := "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
	for text, tc := range map[string]struct {
		reason string
		want   bool
	}{
		"ghp_" + letters[:36]:                  {"a token of GitHub", true},
		"x ghp_" + letters[:36] + " y":         {"among other text", true},
		"ghp_short":                            {"too short", false},
		"my_ghp_" + letters[:36]:               {"the middle of a name", false},
		"ghp_" + strings.Repeat("x", 36):       {"a stand-in", false},
		"AKIA" + "ABCDEFGHIJKLMNOP":            {"a key of AWS", true},
		"https://u:Gx7vQpL2@host/x":            {"a password in a URL", true},
		"https://u:$(params.p)$@host/x":        {"one that is filled in", false},
		"https://host:8080/a@b":                {"a port, and an at sign in a path", false},
		"https://u:password@host":              {"a stand-in", false},
		"oci://registry.example.com/a@sha256:": {"a digest", false},
		"git@github.com:shop/cart.git":         {"an address of ssh", false},
		"-----BEGIN RSA PRIVATE KEY-----\nMII": {"a private key", true},
		"-----BEGIN CERTIFICATE-----\nMII":     {"a certificate is public", false},
		"registry.example.com/shop@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef": {"an image", false},
	} {
		if what, from, to := token(text); (what != "") != tc.want || to > len(text) || from > to {
			t.Errorf("%s: %q is %q, from %d to %d", tc.reason, text, what, from, to)
		}
	}
}

// TestNamedCredentials: random texts count where the name of the field says what they are.
func TestNamedCredentials(t *testing.T) {
	t.Parallel()
	const random = "kX9vQ2mZ7pL4wR8tB1nY6c"
	for field, want := range map[string]bool{
		"password: " + random:                               true,
		"apiKey: " + random:                                 true,
		"params: [{name: db-password, value: " + random:     true,
		"env: [{name: API_TOKEN, value: " + random:          true,
		"secretName: " + random:                             false, // a name
		"tokenPath: " + random:                              false,
		"digest: " + random:                                 false,
		"password: the-password-of-the-database-of-staging": false, // words
		"password: $(params.password)$":                     false,
	} {
		text := "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  template:\n    " + field
		if strings.Contains(field, "{") {
			text += "}]"
		}
		found := lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text + "\n")}}), secretRules, lint.Options{}).Findings
		if (len(found) == 1) != want || len(found) > 1 {
			t.Errorf("%s: %d findings, want %v", field, len(found), want)
		}
	}
}

// TestScripts: where a shell runs what an owner writes.
func TestScripts(t *testing.T) {
	t.Parallel()
	chain := func(param string) string {
		return "apiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: web}\nspec:\n  selector: {type: web}\n  params: [" + param + "]\n" +
			"  resources:\n  - {name: a, templateRef: {kind: ClusterTemplate, name: a}}\n---\n"
	}
	const url = "$(workload.spec.source.git.url)$"
	for name, tc := range map[string]struct {
		reason, before, step string
		want                 []string
	}{
		"args":        {"the text after -c", "", `{name: a, command: [/bin/bash, -ec], args: ["ls ` + url + `"]}`, []string{"SEC002"}},
		"command":     {"in the command as well", "", `{name: a, command: [sh, -c, "ls ` + url + `"]}`, []string{"SEC002"}},
		"only args":   {"of an image whose command is a shell", "", `{name: a, args: [-c, "ls ` + url + `"]}`, []string{"SEC002"}},
		"positional":  {"words after the script are quoted by whoever wrote it", "", `{name: a, command: [sh, -c, 'ls "$0"', ` + url + `]}`, nil},
		"no shell":    {"other programs take texts as they are", "", `{name: a, command: [git], args: [-c, a=b, clone, ` + url + `]}`, nil},
		"python":      {"a script that is none of a shell", "", `{name: a, script: "#!/usr/bin/env python3\nprint('` + url + `')"}`, nil},
		"env bash":    {"one that is", "", `{name: a, script: "#!/usr/bin/env bash\nls ` + url + `"}`, []string{"SEC002"}},
		"names":       {"names have a safe form", "", `{name: a, script: "ls $(workload.metadata.name)$ $(workload.metadata.namespace)$"}`, nil},
		"env":         {"the environment is what to use", "", `{name: a, env: [{name: A, value: ` + url + `}], script: 'ls "$A"'}`, nil},
		"fixed param": {"a param that the blueprint fixes", chain("{name: p, value: x}"), `{name: a, script: "ls $(params.p)$"}`, nil},
		"free param":  {"one that owners can set", chain("{name: p, default: x}"), `{name: a, script: "ls $(params.p)$"}`, []string{"SEC002"}},
		"no chain":    {"one of which nothing is known", "", `{name: a, script: "ls $(params.p)$"}`, nil},
		"account":     {"an owner's own account", "", `{name: a, serviceAccountName: $(workload.spec.serviceAccountName)$}`, nil},
		"privileged":  {"rights by a label", "", `{name: a, privileged: '$(workload.metadata.labels.p)$'}`, []string{"SEC003"}},
		"image":       {"a tag is no digest", "", `{name: a, image: git:v2}`, []string{"SEC004"}},
		"param image": {"an image from elsewhere", "", `{name: a, image: $(params.image)$}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := tc.before + "apiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: a}\nspec:\n  template:\n    apiVersion: tekton.dev/v1\n    kind: TaskRun\n    metadata: {generateName: a-}\n    spec: {taskSpec: {steps: [" + tc.step + "]}}\n"
			var got []string
			for _, f := range lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text)}}), Rules, lint.Options{}).Findings {
				got = append(got, f.Rule.ID)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

// TestYttSecurity: the same in ytt, as far as the code stands at the field.
func TestYttSecurity(t *testing.T) {
	t.Parallel()
	const text = `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: a}
spec:
  ytt: |
    #@ load("@ytt:data", "data")
    ---
    apiVersion: tekton.dev/v1
    kind: TaskRun
    spec:
      serviceAccountName: #@ data.values.workload.metadata.labels["account"]
      taskSpec:
        steps:
        - name: a
          image: git
          script: #@ "ls " + data.values.workload.spec.source.subPath
        - name: b
          image: #@ data.values.image
          command: [sh]
          args:
          - -c
          - #@ "ls {}".format(data.values.workload.spec.source.git.url)
          env:
          - name: A
            value: #@ data.values.workload.spec.source.git.url
`
	var got []string
	for _, f := range lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text)}}), Rules, lint.Options{}).Findings {
		got = append(got, fmt.Sprintf("%s %d", f.Rule.ID, f.At.Start.Line))
	}
	if diff := cmp.Diff([]string{"SEC003 11", "SEC004 15", "SEC002 16", "SEC002 22"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestScriptsOfRuns: what an owner writes reaches a script by way of a Runnable.
func TestScriptsOfRuns(t *testing.T) {
	t.Parallel()
	const text = `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: a}
spec:
  template:
    apiVersion: carto.run/v1alpha1
    kind: Runnable
    metadata: {name: $(workload.metadata.name)$}
    spec:
      runTemplateRef: {name: run}
      inputs: {path: $(workload.spec.source.subPath)$, name: $(workload.metadata.name)$}
---
apiVersion: carto.run/v1alpha1
kind: ClusterRunTemplate
metadata: {name: run}
spec:
  template:
    apiVersion: tekton.dev/v1
    kind: TaskRun
    metadata: {generateName: $(runnable.metadata.name)$-}
    spec:
      taskSpec:
        steps:
        - name: a
          script: |
            echo $(runnable.spec.inputs.name)$
            ls $(runnable.spec.inputs.path)$
`
	var got []string
	for _, f := range lint.Run(lint.ReadFiles([]lint.File{{Name: "f.yaml", Data: []byte(text)}}), Rules, lint.Options{}).Findings {
		got = append(got, fmt.Sprintf("%s %d because of %d", f.Rule.ID, f.At.Start.Line, f.Evidence[0].At.Start.Line))
	}
	if diff := cmp.Diff([]string{"SEC002 27 because of 11"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
