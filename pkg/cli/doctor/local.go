package doctor

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"github.com/carto-run/carto/pkg/cli/completion"
	"github.com/carto-run/carto/pkg/cli/version"
)

// programTime is how long another program may take to tell its version.
const programTime = 3 * time.Second

// plugin tells which program is asking.
func plugin(_ context.Context, _ *examination, v *verdict) {
	v.addf(OK, "", "%s (%s/%s)", version.Version(), runtime.GOOS, runtime.GOARCH)
}

// firstWithCompletion is the release of kubectl that first asked plugins for completion.
var firstWithCompletion = utilversion.MajorMinor(1, 26)

// kubectl that would call us.
func kubectl(ctx context.Context, e *examination, v *verdict) {
	found := find(e.Streams.Getenv("PATH"), "kubectl")
	if len(found) == 0 {
		v.addf(Warning, "install kubectl: https://kubernetes.io/docs/tasks/tools/", "not on the PATH")
		return
	}
	var said struct {
		ClientVersion struct {
			GitVersion string `json:"gitVersion"`
		} `json:"clientVersion"`
	}
	if err := ask(ctx, &said, found[0], "version", "--client", "-o", "json"); err != nil {
		v.addf(Unknown, "", "%s does not tell its version: %v", found[0], err)
		return
	}
	parsed, err := utilversion.ParseGeneric(said.ClientVersion.GitVersion)
	switch {
	case err != nil:
		v.addf(Unknown, "", "%s says that it is %q, which is no version", found[0], said.ClientVersion.GitVersion)
	case parsed.LessThan(firstWithCompletion):
		v.addf(Warning, "install a newer kubectl", "%s is %s: it cannot complete what stands behind the name of a plugin; %s can", found[0], said.ClientVersion.GitVersion, firstWithCompletion)
	default:
		v.addf(OK, "", "%s", said.ClientVersion.GitVersion)
	}
}

// plugins finds the files that kubectl would run in our place: it takes the longest name,
// and of equal names the first on the PATH.
func plugins(ctx context.Context, e *examination, v *verdict) {
	own := strings.TrimSuffix(filepath.Base(e.Executable), ".exe")
	if !strings.HasPrefix(own, "kubectl-") {
		v.addf(OK, "", "called as %s, not by kubectl", own)
		return
	}
	path := e.Streams.Getenv("PATH")
	for _, file := range findPrefix(path, own+"-") {
		rest := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(file), ".exe"), own+"-")
		if words, ours := commandOf(e.root, rest); ours {
			v.addf(Failure, "rm "+quoted(file)+", or take its folder off the PATH", "kubectl runs %s instead of %s %s", file, e.Program, words)
		}
	}
	files := find(path, own)
	if len(files) == 0 {
		v.addf(Warning, "put the folder of "+own+" on the PATH", "%s is not on the PATH: kubectl does not find it", own)
		return
	}
	var others []string
	for _, file := range files[1:] {
		if !same(files[0], file) {
			others = append(others, file)
		}
	}
	if len(others) == 0 {
		if v.status == "" {
			v.addf(OK, "", "%s", files[0])
		}
		return
	}
	first := versionOf(ctx, files[0])
	for _, file := range others {
		if theirs := versionOf(ctx, file); theirs != first {
			v.addf(Warning, "rm the one that is not wanted", "there are two: kubectl runs %s (%s), never %s (%s)", files[0], first, file, theirs)
		} else {
			v.addf(OK, "", "%s, and %s of the same version", files[0], file)
		}
	}
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if strings.ContainsFunc(word, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("/._-+:,@%=", c)
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// commandOf finds the command that a plugin's file name stands for: kubectl reads dashes
// as spaces, and underscores as dashes.
func commandOf(root *cobra.Command, rest string) (words string, ours bool) {
	at := root
	var path []string
	for _, word := range strings.Split(rest, "-") {
		word = strings.ReplaceAll(word, "_", "-")
		i := slices.IndexFunc(at.Commands(), func(c *cobra.Command) bool { return c.Name() == word || c.HasAlias(word) })
		if i < 0 {
			return "", false
		}
		at = at.Commands()[i]
		path = append(path, word)
	}
	return strings.Join(path, " "), true
}

// shim tells whether kubectl completes what stands behind our name.
func shim(_ context.Context, e *examination, v *verdict) {
	name, err := completion.ShimName(e.Executable, e.Program)
	if err != nil {
		v.addf(OK, "", "called as %s, not by kubectl", filepath.Base(e.Executable))
		return
	}
	if found := find(e.Streams.Getenv("PATH"), name); len(found) > 0 {
		v.addf(OK, "", "%s", found[0])
		return
	}
	v.addf(Warning, e.Program+" completion install", "kubectl does not complete what stands behind %s: no %s on the PATH", e.Program, name)
}

// find returns the executables of a name on a PATH, in its order.
func find(path, name string) []string {
	return search(path, func(file string) bool { return file == name || runtime.GOOS == "windows" && file == name+".exe" })
}

func findPrefix(path, prefix string) []string {
	return search(path, func(file string) bool { return strings.HasPrefix(file, prefix) })
}

func search(path string, wanted func(file string) bool) []string {
	var found []string
	for _, dir := range filepath.SplitList(path) {
		entries, err := os.ReadDir(dir)
		if err != nil || dir == "" {
			continue // kubectl passes over it too
		}
		for _, entry := range entries {
			if !wanted(entry.Name()) {
				continue
			}
			file := filepath.Join(dir, entry.Name())
			info, err := os.Stat(file)
			if err == nil && !info.IsDir() && (info.Mode()&0o111 != 0 || runtime.GOOS == "windows") && !slices.Contains(found, file) {
				found = append(found, file)
			}
		}
	}
	return found
}

func same(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// versionOf asks a plugin for its version.
func versionOf(ctx context.Context, file string) string {
	var said version.Info
	if err := ask(ctx, &said, file, "version", "-o", "json"); err != nil || said.Version == "" {
		return "of unknown version"
	}
	return said.Version
}

// ask runs a program that answers in JSON.
func ask(ctx context.Context, answer any, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.WaitDelay = time.Second // a grandchild may keep the pipe open
	out, err := command.Output()
	if err != nil {
		return err
	}
	return json.Unmarshal(out, answer)
}
