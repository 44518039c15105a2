package manifest

import (
	"path/filepath"
	"slices"
	"strings"
)

// MaxFile bounds what is read of one file, in bytes. The API server takes 3 MiB of one
// object; bundles of many are larger.
const MaxFile = 16 << 20

// Extensions of the files that are looked for in folders.
var Extensions = []string{"yaml", "yml", "json"}

// IsManifest says, by its name, whether a file is one to look for in folders.
func IsManifest(path string) bool {
	return !IsOutside(filepath.Base(path)) && slices.Contains(Extensions, strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
}

// IsOutside says whether a file or folder of this name, in a folder that is read, is left
// out: what is hidden, and what others wrote.
func IsOutside(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." || name == "node_modules" || name == "vendor"
}
