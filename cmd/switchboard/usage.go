package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// usage says what is wrong with a command line and where to look. A word that is no command would be told as an argument too
// many of serve, which needs no name.
func usage(parser *kong.Kong, args []string, err error) error {
	help := "`switchboard --help` lists the commands"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, likely := false, ""
		for _, known := range parser.Model.Children {
			command = command || known.Name == args[0]
			if near(known.Name, args[0]) {
				likely = known.Name
			}
		}
		switch {
		case command:
			help = fmt.Sprintf("see `switchboard %s --help`", args[0])
		case likely != "":
			return fmt.Errorf("there is no command %q, did you mean %q? %s", args[0], likely, help)
		default:
			return fmt.Errorf("there is no command %q: %s", args[0], help)
		}
	}
	return fmt.Errorf("%w: %s", err, help)
}

// near tells whether a word is meant by another one: one letter is wrong, missing or too many, two are swapped, or it is the
// beginning.
func near(word, typed string) bool {
	if len(typed) > 1 && strings.HasPrefix(word, typed) {
		return true
	}
	for word != "" && typed != "" && word[0] == typed[0] {
		word, typed = word[1:], typed[1:]
	}
	for word != "" && typed != "" && word[len(word)-1] == typed[len(typed)-1] {
		word, typed = word[:len(word)-1], typed[:len(typed)-1]
	}
	swapped := len(word) == 2 && len(typed) == 2 && word[0] == typed[1] && word[1] == typed[0]
	return swapped || len(word) < 2 && len(typed) < 2
}
