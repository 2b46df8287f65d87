package cu

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/org/trustmae/kernels/cuda/internal/driver"
)

// What a block may take: the registers of a multiprocessor, and shared memory that
// needs no leave, beside what the system has of it from sm_90 on.
const (
	mostRegisters = 64 << 10
	mostShared    = 48 << 10
	systemShared  = 1 << 10
	blockThreads  = 256
)

// Every program compiles with NVRTC, which needs no GPU, for every generation that
// has instructions of its own, and its machine code has every kernel, which fits.
// Products keep all they have in registers, and those of a warpgroup run beside other
// work: the assembler says where it has them wait.
func TestProgramsCompile(t *testing.T) {
	compiler, err := driver.OpenCompiler()
	if err != nil {
		if os.Getenv("TRUSTMAE_CUDA_TEST") != "" {
			t.Fatal(err)
		}
		t.Skipf("%v (or scripts/fetch-nvrtc.sh)", err)
	}
	t.Logf("%+v", compiler.Library())
	programs, headers, err := Programs()
	require.NoError(t, err)
	for _, architecture := range []string{"sm_80", "sm_90", HopperArchitecture} {
		for _, p := range programs {
			if p.Warpgroup && architecture != HopperArchitecture {
				continue
			}
			t.Run(architecture+"/"+p.Name, func(t *testing.T) {
				t.Parallel()
				image, remarks, err := compiler.Compile(p.Name, p.Text, headers, Options(architecture))
				require.NoError(t, err)
				require.NotContains(t, remarks, "Performance Loss")
				require.NotEmpty(t, p.Kernels)
				system := 0
				if architecture != "sm_80" {
					system = systemShared
				}
				takes, err := usages(image)
				require.NoError(t, err)
				for _, k := range p.Kernels {
					require.True(t, bytes.Contains(image, []byte(".text."+k+"\x00")), "no machine code of %s", k)
					u := takes[k]
					t.Logf("%s: %+v", k, u)
					require.Positive(t, u.registers, k)
					require.LessOrEqual(t, u.registers*blockThreads, mostRegisters, k)
					require.LessOrEqual(t, u.shared, mostShared+system, k)
					if strings.HasPrefix(k, "conv_") {
						require.Zero(t, u.local, "bytes of %s's stack", k)
					}
				}
			})
		}
	}
}

// Kernels are found by name, whatever program they are in.
func TestNamesAreUnique(t *testing.T) {
	programs, _, err := Programs()
	require.NoError(t, err)
	in := make(map[string]string)
	for _, p := range programs {
		for _, k := range p.Kernels {
			require.Empty(t, in[k], "%s is in %s and %s", k, in[k], p.Name)
			in[k] = p.Name
		}
	}
	require.Contains(t, in, "conv_forward")
	require.True(t, programs[slices.IndexFunc(programs, func(p Program) bool { return p.Name == "conv_tf32.cu" })].Tensor)
	require.True(t, programs[slices.IndexFunc(programs, func(p Program) bool { return p.Name == "conv_tf32_wgmma.cu" })].Warpgroup)
}
