package security

import (
	"math"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
)

var secretRules = []*lint.Rule{
	{
		ID: "SEC001", Slug: "literal-credential", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "a file holds what looks like a credential",
		Text: `Blueprints, templates and owners are kept in Git and can be read by many. A token, password or private key in
one of them is known to all of these, and stays in the history.

Put it into a Secret in the namespace of the owner, name the Secret in the body, and revoke what was written here.
What is found are texts with the prefixes of well-known tokens, private keys, passwords in URLs, and long random
texts in fields whose name says that they are a password, token or secret.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: Secret
    metadata: {name: $(workload.metadata.name)$}
    stringData:
      url: https://build:Gx7vQpL2mZ9w@git.example.com/shop # <-
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: {name: note}
spec:
  template:
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: $(workload.metadata.name)$}
    data:
      url: https://git.example.com/shop
      secretName: git-credentials
`,
		Check: credentials,
	},
	{
		ID: "SEC005", Slug: "secret-in-status", Level: lint.Warning, Needs: lint.NeedsFiles,
		Title: "an output is read from the data of a Secret",
		Text: `Outputs are handed to the next steps, and their beginning is shown in the status of the owner. Whoever may read
the owner can then read the Secret's data, with or without the right to read Secrets.

Make the name of the Secret the output: ` + "`configPath: .metadata.name`" + `. The next step can mount it.`,
		Bad: `apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: credentials}
spec:
  configPath: .data.password # <-
  template:
    apiVersion: v1
    kind: Secret
    metadata: {name: $(workload.metadata.name)$}
`,
		Good: `apiVersion: carto.run/v1alpha1
kind: ClusterConfigTemplate
metadata: {name: credentials}
spec:
  configPath: .metadata.name
  template:
    apiVersion: v1
    kind: Secret
    metadata: {name: $(workload.metadata.name)$}
`,
		Check: secretOutputs,
	},
}

func credentials(p *lint.Pass) {
	for _, o := range p.Objects {
		if !o.IsCarto() {
			continue
		}
		lint.Walk(o.Doc.Object["spec"], "spec", func(path string, value any) {
			if entry, ok := value.(map[string]any); ok {
				namedEntry(p, o, path, entry)
			}
			text, ok := value.(string)
			if !ok {
				return
			}
			if what, from, to := token(text); what != "" {
				p.Report(o.InText(path, from, to), "%s holds what looks like %s", path, what).
					Do("put it into a Secret, name that here, and revoke what was written")
			} else if isRandom(text) && namesCredential(path) {
				p.Report(o.Value(path), "%s holds a random text, and its name says that it is a credential", path).
					Do("put it into a Secret, name that here, and revoke what was written")
			}
		})
	}
}

// namedEntry is about params and variables of the environment, whose name stands beside the
// value.
func namedEntry(p *lint.Pass, o *lint.Object, path string, entry map[string]any) {
	name, _ := entry["name"].(string)
	for _, field := range []string{"value", "default"} {
		text, ok := entry[field].(string)
		if what, _, _ := token(text); ok && what == "" && isRandom(text) && namesCredential(strings.ReplaceAll(strings.ReplaceAll(name, "_", ""), "-", "")) {
			p.Report(o.Value(path+"."+field), "%s is a random text, and its name says that it is a credential", name).
				Do("put it into a Secret, name that here, and revoke what was written")
		}
	}
}

// tokens are prefixes that providers give to their tokens, so that they can be found, and
// how many letters and digits follow at least.
var tokens = []struct {
	prefix string
	more   int
	what   string
}{
	{"AKIA", 16, "an access key of AWS"}, {"ASIA", 16, "an access key of AWS"},
	{"ghp_", 36, "a token of GitHub"}, {"gho_", 36, "a token of GitHub"}, {"ghs_", 36, "a token of GitHub"}, {"ghu_", 36, "a token of GitHub"}, {"ghr_", 36, "a token of GitHub"},
	{"github_pat_", 50, "a token of GitHub"}, {"glpat-", 20, "a token of GitLab"}, {"dckr_pat_", 20, "a token of Docker"},
	{"xoxb-", 20, "a token of Slack"}, {"xoxp-", 20, "a token of Slack"}, {"xoxa-", 20, "a token of Slack"},
	{"AIza", 35, "a key of Google"}, {"sk_live_", 20, "a key of Stripe"}, {"npm_", 36, "a token of npm"}, {"hvs.", 24, "a token of Vault"},
}

// token finds the first credential in a text that can be told by its form.
func token(text string) (what string, from, to int) {
	if len(text) < 12 {
		return "", 0, 0
	}
	for _, t := range tokens {
		for at := 0; ; {
			next := strings.Index(text[at:], t.prefix)
			if next < 0 {
				break
			}
			from = at + next
			to = from + len(t.prefix)
			n := wordLength(text[to:])
			if n >= t.more && (from == 0 || wordLength(text[from-1:from]) == 0) && !allSame(text[to:to+n]) {
				return t.what, from, to + n
			}
			at = to
		}
	}
	if from = strings.Index(text, "-----BEGIN "); from >= 0 {
		line, _, _ := strings.Cut(text[from:], "\n")
		if strings.Contains(line, "PRIVATE KEY-----") {
			return "a private key", from, from + len(line)
		}
	}
	if from = strings.Index(text, "eyJ"); from >= 0 && (from == 0 || wordLength(text[from-1:from]) == 0) {
		n := wordLength(text[from:])
		if parts := strings.Split(text[from:from+n], "."); len(parts) == 3 && strings.HasPrefix(parts[1], "eyJ") && len(parts[2]) > 20 {
			return "a signed token", from, from + n
		}
	}
	return inURL(text)
}

// inURL finds a password in a URL. One that stamping fills in is none.
func inURL(text string) (what string, from, to int) {
	at := 0
	for {
		next := strings.Index(text[at:], "://")
		if next < 0 {
			return "", 0, 0
		}
		from = at + next + len("://")
		end := from + strings.IndexFunc(text[from:]+" ", func(r rune) bool { return r <= ' ' || strings.ContainsRune(`/?#"'`, r) })
		end = min(end, len(text))
		at = end
		user, _, ok := strings.Cut(text[from:end], "@")
		if !ok {
			continue
		}
		_, password, ok := strings.Cut(user, ":")
		if ok && len(password) >= 6 && !strings.ContainsAny(password, "$<>{}*()") && !isPlaceholder(password) {
			return "a password in a URL", from, from + len(user)
		}
	}
}

func isPlaceholder(s string) bool {
	s = strings.ToLower(s)
	return strings.Trim(s, "x") == "" || slices.ContainsFunc([]string{"pass", "secret", "token", "example", "changeme", "redacted"}, func(word string) bool { return strings.Contains(s, word) })
}

func allSame(s string) bool { return strings.Trim(s, s[:1]) == "" }

// wordLength is how many characters of tokens a text begins with.
func wordLength(s string) int {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '_' && c != '-' && c != '.' {
			return i
		}
	}
	return len(s)
}

// namesCredential says that a field is named as credentials are, and not as the name of a
// place where one is kept.
func namesCredential(path string) bool {
	last := strings.ToLower(path[strings.LastIndexAny(path, ".]")+1:])
	if last == "" || slices.ContainsFunc([]string{"name", "ref", "path", "file", "key"}, func(end string) bool {
		return strings.HasSuffix(last, end) && last != "apikey" && last != "accesskey" && last != "secretkey" && last != "privatekey"
	}) {
		return false
	}
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential"}, func(word string) bool {
		return strings.Contains(last, word)
	})
}

const (
	// Random texts are long, of all sorts of characters, and no character occurs often.
	shortestRandom = 20
	randomEntropy  = 3.8 // bits for each character
)

func isRandom(text string) bool {
	if len(text) < shortestRandom || len(text) > 200 || strings.ContainsAny(text, " \n$(){}:") {
		return false
	}
	var counts [256]int
	var upper, lower, digit bool
	for i := range len(text) {
		c := text[i]
		counts[c]++
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
		digit = digit || c >= '0' && c <= '9'
	}
	entropy := 0.0
	for _, n := range counts {
		if n > 0 {
			share := float64(n) / float64(len(text))
			entropy -= share * math.Log2(share)
		}
	}
	return upper && lower && digit && entropy >= randomEntropy
}

func secretOutputs(p *lint.Pass) {
	for _, t := range p.Templates {
		kind, _ := t.Body["kind"].(string)
		version, _ := t.Body["apiVersion"].(string)
		if kind != "Secret" || version != "v1" {
			continue
		}
		for path, output := range outputPaths(t) {
			field := strings.TrimPrefix(strings.TrimPrefix(output, "{"), ".")
			if strings.HasPrefix(field, "data") || strings.HasPrefix(field, "stringData") {
				p.Report(t.Value(path), "the output is read from %s of a Secret, and is shown in the status of the owner", output).
					Do("hand on the name of the Secret: .metadata.name")
			}
		}
	}
}

// outputPaths of a template by the field that holds each.
func outputPaths(t *lint.Template) map[string]string {
	switch typed := t.Typed.(type) {
	case *v1alpha1.ClusterSourceTemplate:
		return map[string]string{"spec.urlPath": typed.Spec.URLPath, "spec.revisionPath": typed.Spec.RevisionPath}
	case *v1alpha1.ClusterImageTemplate:
		return map[string]string{"spec.imagePath": typed.Spec.ImagePath}
	case *v1alpha1.ClusterConfigTemplate:
		return map[string]string{"spec.configPath": typed.Spec.ConfigPath}
	case *v1alpha1.ClusterRunTemplate:
		paths := map[string]string{}
		for name, output := range typed.Spec.Outputs {
			paths["spec.outputs."+name] = output
		}
		return paths
	}
	return nil
}
