package completion

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Files completes files with one of the extensions, and folders. The shell's own completion
// of files would leave out the sub-commands that stand in the same place.
func Files(toComplete string, extensions ...string) ([]string, cobra.ShellCompDirective) {
	folder, begin := filepath.Split(toComplete)
	entries, err := os.ReadDir(filepath.Clean(folder + "."))
	if err != nil {
		return nil, noFiles
	}
	var found []string
	directive := noFiles
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, begin) || strings.HasPrefix(name, ".") && !strings.HasPrefix(begin, ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(folder, name)) // not the entry's: a link may lead to a folder
		switch {
		case err != nil:
		case info.IsDir():
			found = append(found, folder+name+"/")
			directive = open
		case slices.Contains(extensions, strings.TrimPrefix(filepath.Ext(name), ".")):
			found = append(found, folder+name)
		}
	}
	return found, directive
}
