module github.com/org/trustmae/kernels/cpu/gen

go 1.26
