// Package templates holds the dashboard's HTML: layouts open and close a page, pages compose partials, one partial is one
// file with one root element and one view struct, and oob wraps partials for out-of-band swaps.
package templates

import (
	"embed"
	"io/fs"
)

//go:embed layouts pages partials oob
var files embed.FS

// FS returns the templates; a template's name is its path without ".html".
func FS() fs.FS { return files }
