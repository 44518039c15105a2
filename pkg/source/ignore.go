package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"
)

// ignoreFiles name what stays out of a source, by the rules of gitignore. The first that
// is there counts, alone: the second is what people have.
var ignoreFiles = []string{".cartoignore", ".tanzuignore"}

// maxIgnore bounds the file in bytes.
const maxIgnore = 1 << 20

// always is what stays out unless the file takes it back: git's own files change with
// every command, and the digest would with them.
const always = ".git"

type ignore struct{ matcher gitignore.Matcher }

func readIgnore(root *os.Root) (*ignore, error) {
	for _, name := range ignoreFiles {
		f, err := root.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		patterns, err := parseIgnore(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return patterns, nil
	}
	return parseIgnore(strings.NewReader(""))
}

func parseIgnore(r io.Reader) (*ignore, error) {
	patterns := []gitignore.Pattern{gitignore.ParsePattern(always, nil)}
	lines := bufio.NewScanner(io.LimitReader(r, maxIgnore+1))
	read := 0
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if read += len(line) + 1; read > maxIgnore {
			return nil, fmt.Errorf("larger than %d bytes", maxIgnore)
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		patterns = append(patterns, gitignore.ParsePattern(line, nil))
	}
	return &ignore{gitignore.NewMatcher(patterns)}, lines.Err()
}

// match tells whether a name stays out; below a folder that stays out nobody asks.
func (i *ignore) match(name string, dir bool) bool {
	return i.matcher.Match(strings.Split(name, "/"), dir)
}
