package doctest_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// inlineCommand is a command of the program in the text of a page. Commands are in lower case and arguments in capitals,
// which tells them from other texts that begin with the program's name.
var inlineCommand = regexp.MustCompile("`(loaderline [a-z][^`]*)`")

// TestCommandsExist asks the program for every command that a page names, whether it is run here or not.
func TestCommandsExist(t *testing.T) {
	for _, p := range pages(t) {
		var commands []string
		for _, m := range inlineCommand.FindAllStringSubmatch(p.prose, -1) {
			commands = append(commands, m[1])
		}
		for _, b := range p.blocks {
			if b.lang != "console" {
				continue
			}
			all := steps(b)
			if len(all) == 0 {
				t.Errorf("%s:%d: no command after \"$ \"", p.path, b.line)
			}
			for _, s := range all {
				commands = append(commands, s.command)
			}
		}
		for _, command := range commands {
			if err := commandExists(command); err != nil {
				t.Errorf("%s: %s: %v", p.path, command, err)
			}
		}
	}
}

// foreign are programs that pages may name and tests do not run.
func foreign(program string) bool {
	switch program {
	case "docker", "kafka-acls.sh", "curl", "kcat", "kafka-console-consumer.sh", "kafka-console-producer.sh", "promtool":
		return true
	default:
		return false
	}
}

// commandExists says what is wrong with a command line: no such command of the program, a flag that it does not have, or another
// program that nobody knows here.
func commandExists(line string) error {
	for command := range strings.SplitSeq(line, "|") {
		words := strings.Fields(strings.NewReplacer("go run ./cmd/loaderline", "loaderline", "go run ./cmd/demo", "loaderline demo").Replace(command))
		if len(words) == 0 {
			return fmt.Errorf("there is an empty command in %q", line)
		}
		switch {
		case words[0] == "make":
			if out, err := inRoot("make", append([]string{"--dry-run", "--no-print-directory"}, words[1:]...)...); err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
		case words[0] == "loaderline":
			if err := subcommandExists(words[1:]); err != nil {
				return err
			}
		case words[0] == "echo" || words[0] == "grep" || foreign(words[0]):
		default:
			return fmt.Errorf("there is no program %q here", words[0])
		}
	}
	return nil
}

func inRoot(program string, args ...string) ([]byte, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = root
	return cmd.CombinedOutput()
}

func subcommandExists(args []string) error {
	if len(args) == 0 {
		return nil
	}
	name := args[0]
	out, err := help(name)
	if err == nil && len(args) > 1 && strings.Contains(out, "\n  "+args[1]+" ") { // A command of a command.
		name += " " + args[1]
		out, err = help(name)
	}
	if err != nil {
		return err
	}
	for _, arg := range args[1:] {
		if arg == ">" {
			break
		}
		if flag, _, _ := strings.Cut(arg, "="); strings.HasPrefix(flag, "-") && flag != "-" {
			has, err := regexp.MatchString(`(?m)(^|\s)`+regexp.QuoteMeta(flag)+`\b`, out)
			if err != nil {
				return err
			}
			if !has {
				return fmt.Errorf("loaderline %s has no flag %s", name, flag)
			}
		}
	}
	return nil
}

// help is what the program says of a command, or of a command's command.
func help(command string) (string, error) {
	out, err := exec.Command("loaderline", append(strings.Fields(command), "--help")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("loaderline %s --help: %w: %s", command, err, out)
	}
	if !strings.Contains(string(out), "\n  loaderline "+command) {
		return "", fmt.Errorf("there is no command loaderline %s", command)
	}
	return string(out), nil
}

func TestCommandExistsFindsMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"loaderline runn pipeline.yaml":             "runn",
		"loaderline check pipeline.yaml --conect":   "no flag --conect",
		"echo x | loaderline publish p.yaml --keys": "no flag --keys",
		"make tset": "tset",
		"docekr ps": "no program",
	} {
		if err := commandExists(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one about %q", line, err, want)
		}
	}
}
