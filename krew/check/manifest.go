package check

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/version"

	"github.com/carto-run/carto/krew/manifest"
)

// Widths in characters.
const (
	maxShort = 50
	maxLine  = 80
)

var (
	kebab  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	sha256 = regexp.MustCompile(`^[0-9a-f]{64}$`)

	// devices are names that Windows gives no file.
	devices = regexp.MustCompile(`^(con|prn|aux|nul|com[1-9]|lpt[1-9])$`)

	// abbreviations of built-in kinds: a plugin of such a name reads as being about the kind.
	abbreviations = []string{
		"cj", "cm", "crd", "csr", "deploy", "ds", "ep", "ev", "hpa", "ing", "limits", "netpol", "no", "ns", "pc", "pdb",
		"po", "pv", "pvc", "quota", "rc", "rs", "sa", "sc", "sts", "svc",
	}

	// supported are the pairs that krew itself runs on.
	supported = []manifest.Pair{
		{OS: "linux", Arch: "386"},
		{OS: "linux", Arch: "amd64"},
		{OS: "linux", Arch: "arm"},
		{OS: "linux", Arch: "arm64"},
		{OS: "linux", Arch: "ppc64le"},
		{OS: "darwin", Arch: "386"},
		{OS: "darwin", Arch: "amd64"},
		{OS: "darwin", Arch: "arm64"},
		{OS: "windows", Arch: "386"},
		{OS: "windows", Arch: "amd64"},
		{OS: "windows", Arch: "arm64"},
	}
)

// Manifest checks a manifest by itself; file is its name in the index, without folder.
func Manifest(file string, data []byte) []Fault {
	var found faults
	plugin, err := manifest.Parse(data)
	if err != nil {
		found.addf("fields", "%v", err)
		return found
	}
	if plugin.APIVersion != manifest.APIVersion || plugin.Kind != manifest.Kind {
		found.addf("kind", "%s %s; must be %s %s", plugin.APIVersion, plugin.Kind, manifest.APIVersion, manifest.Kind)
	}
	found.name(file, plugin.Metadata.Name)
	found.texts(plugin.Spec)
	if v := plugin.Spec.Version; !strings.HasPrefix(v, "v") {
		found.addf("version", "%q has no leading v", v)
	} else if _, err := version.ParseSemantic(v); err != nil {
		found.addf("version", "%q is not semantic: %v", v, err)
	}
	for _, p := range plugin.Spec.Platforms {
		found.platform(p, plugin.Spec.Version)
	}
	found.coverage(plugin.Spec.Platforms)
	return found
}

func (f *faults) name(file, name string) {
	if file != name+manifest.Extension {
		f.addf("file-name", "the manifest of %q is in %s; must be %s", name, file, name+manifest.Extension)
	}
	switch {
	case !kebab.MatchString(name):
		f.addf("name", "%q is not lower-case words with dashes between them", name)
	case devices.MatchString(name):
		f.addf("name", "%q is a device of Windows, where no file may have that name", name)
	case strings.HasPrefix(name, "kube"):
		f.addf("name", "%q begins with kube, which every plugin of kubectl could", name)
	case slices.Contains(abbreviations, name):
		f.addf("name", "%q is the abbreviation of a built-in kind", name)
	}
}

func (f *faults) texts(spec manifest.Spec) {
	if n := utf8.RuneCountInString(spec.ShortDescription); n == 0 || n > maxShort || strings.ContainsAny(spec.ShortDescription, "\r\n") {
		f.addf("short-description", "%q (%d characters); must be one line of 1 to %d characters", spec.ShortDescription, n, maxShort)
	}
	if strings.TrimSpace(spec.Description) == "" {
		f.addf("description", "there is none")
	}
	for what, text := range map[string]string{"description": spec.Description, "caveats": spec.Caveats} {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); n > maxLine {
				f.addf(what, "a line of %d characters, more than %d: %q", n, maxLine, line)
			}
		}
	}
	if u, err := url.Parse(spec.Homepage); err != nil || u.Scheme != "https" || u.Host == "" {
		f.addf("homepage", "%q is no https address", spec.Homepage)
	}
}

func (f *faults) platform(p manifest.Platform, version string) {
	if u, err := url.Parse(p.URI); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		f.addf("uri", "%q is no http or https address; krew downloads from no other", p.URI)
	} else if !slices.Contains(strings.Split(u.Path, "/"), version) {
		f.addf("uri", "%s is not below a folder %s: it would be the archive of another release", p.URI, version)
	}
	if !sha256.MatchString(p.SHA256) {
		f.addf("sha256", "%q of %s is not 64 lower-case hex digits", p.SHA256, p.URI)
	}
	if p.Bin == "" || unsafePath(p.Bin) || path.Clean(p.Bin) != p.Bin {
		f.addf("bin", "%q of %s is no plain relative path", p.Bin, p.URI)
	}
	for _, pair := range matched(p.Selector) {
		if exe := strings.HasSuffix(p.Bin, ".exe"); exe != (pair.OS == "windows") {
			f.addf("exe", "the program for %s is called %q; .exe belongs to windows, and only there", pair, p.Bin)
		}
	}
	if p.Files != nil && len(p.Files) == 0 {
		f.addf("files", "files of %s is empty; leave it out to install everything", p.URI)
	}
	for _, file := range p.Files {
		if file.From == "" || file.To == "" {
			f.addf("files", "%+v of %s lacks from or to", file, p.URI)
		}
	}
	f.selector(p)
}

func (f *faults) selector(p manifest.Platform) {
	s := p.Selector
	if empty(s) {
		f.addf("selector", "%s is for no platform in particular", p.URI)
		return
	}
	var keys []string
	for key := range s.MatchLabels {
		keys = append(keys, key)
	}
	for _, e := range s.MatchExpressions {
		keys = append(keys, e.Key)
	}
	for _, key := range keys {
		if key != "os" && key != "arch" {
			f.addf("selector", "%s is selected by %q; krew knows os and arch", p.URI, key)
		}
	}
	if _, err := metav1.LabelSelectorAsSelector(s); err != nil {
		f.addf("selector", "of %s: %v", p.URI, err)
	} else if len(matched(s)) == 0 {
		f.addf("unsupported", "%s is for no platform that krew runs on", p.URI)
	}
}

// coverage: no pair twice, and every pair that releases are made for.
func (f *faults) coverage(platforms []manifest.Platform) {
	uris := map[manifest.Pair][]string{}
	for _, p := range platforms {
		for _, pair := range matched(p.Selector) {
			uris[pair] = append(uris[pair], p.URI)
		}
	}
	for _, pair := range supported {
		if len(uris[pair]) > 1 {
			f.addf("twice", "%s is matched by %s", pair, strings.Join(uris[pair], " and "))
		}
		if len(uris[pair]) == 0 && slices.Contains(manifest.Released, pair) {
			f.addf("missing", "nothing is for %s", pair)
		}
	}
}

// matched are the pairs that a selector picks; none for an empty one, which is a fault by itself.
func matched(s *metav1.LabelSelector) []manifest.Pair {
	if empty(s) {
		return nil
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	var pairs []manifest.Pair
	for _, pair := range supported {
		if selector.Matches(labels.Set{"os": pair.OS, "arch": pair.Arch}) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

func empty(s *metav1.LabelSelector) bool {
	return s == nil || len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

// unsafePath leads out of the folder that an archive is unpacked into, or might. krew looks
// for two dots anywhere in a name.
func unsafePath(name string) bool {
	return strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || strings.Contains(name, ":")
}
