package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// peer is other software that is installed.
type peer struct {
	name    string
	command []string
	models  bool // knows works of models: --list, --work
	layers  bool // times layers: --layers
}

// findPeers returns the peers that the settings ask for, and says of every one
// that is missing how to install it.
func (m *machine) findPeers() (found []peer, missing []string) {
	for _, candidate := range []struct {
		name string
		find func() (peer, error)
	}{
		{"torch", m.torch},
		{"onnxruntime", m.onnxRuntime},
		{"onednn", m.oneDNN},
	} {
		if !m.settings.peers.MatchString(candidate.name) {
			continue
		}
		p, err := candidate.find()
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s: %v", candidate.name, err))
			continue
		}
		p.name = candidate.name
		if m.settings.layers && p.layers || !m.settings.layers && p.models {
			found = append(found, p)
		}
	}
	for _, command := range m.commands {
		if !m.settings.layers {
			found = append(found, peer{name: command, command: strings.Fields(command), models: true})
		}
	}
	return found, missing
}

const (
	installTorch = "it needs PyTorch (Debian: python3-torch libopenblas0-openmp)"
	installNode  = "it needs the package onnxruntime-node; npm install --ignore-scripts --prefix %s onnxruntime-node"
	installDNN   = "it does not compile; Debian: g++ libdnnl-dev\n%w"
)

// python finds an interpreter with PyTorch, the system's first.
func (m *machine) python() (string, error) {
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import torch").Run() == nil {
			return python, nil
		}
	}
	return "", errors.New(installTorch)
}

func (m *machine) torch() (peer, error) {
	python, err := m.python()
	return peer{command: []string{python, "bench/peers/torch_peer.py"}, models: true, layers: true}, err
}

func (m *machine) onnxRuntime() (peer, error) {
	python, err := m.python() // writes the models
	if err != nil {
		return peer{}, err
	}
	if _, err := exec.LookPath("node"); err != nil {
		return peer{}, errors.New("it needs Node.js (Debian: nodejs npm)")
	}
	modules, err := filepath.Abs(m.modules)
	if err != nil {
		return peer{}, err
	}
	if _, err := os.Stat(filepath.Join(modules, "onnxruntime-node")); err != nil {
		return peer{}, fmt.Errorf(installNode, filepath.Dir(modules))
	}
	models := filepath.Join(m.folder, "models")
	command := []string{python, "bench/peers/onnxruntime/ort_peer.py", "--modules", modules, "--models", models}
	return peer{command: command, models: true, layers: true}, os.MkdirAll(models, 0o700)
}

// oneDNN compiles its peer.
func (m *machine) oneDNN() (peer, error) {
	binary := filepath.Join(m.folder, "onednn_peer")
	_, err := m.command(nil, os.Environ(), "c++", "-O2", "-std=c++17", "-o", binary, "bench/peers/onednn/onednn_peer.cpp", "-ldnnl")
	if err != nil {
		return peer{}, fmt.Errorf(installDNN, err)
	}
	return peer{command: []string{binary}, layers: true}, nil
}
