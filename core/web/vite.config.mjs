// One script and one style sheet with fixed names, the same bytes wherever they are built.
import { defineConfig } from 'vite';

export default defineConfig({
  esbuild: { charset: 'ascii' },
  build: {
    outDir: 'dist',
    target: 'es2021',
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: 'src/main.ts',
      output: {
        format: 'iife',
        entryFileNames: 'report.js',
        assetFileNames: 'report.[ext]',
      },
    },
  },
});
