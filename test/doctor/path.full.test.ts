import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { refs } from '../../src/kubernetes/index.js'
import { openCluster } from '../operations/scenario.js'
import { startCluster, startVault, type ExtraCluster, type ExtraVault } from '../servers/extra.js'
import { createRoot, startFront, startListener, toTheCluster, writeConfig, type Front } from './front.js'
import { codes, errors, findingOf, openPatient, smallTrust, type Patient } from './patient.js'

const MINUTES = 60_000

describe('on the servers of the run', () => {
  let patient: Patient
  beforeAll(async () => {
    patient = await openPatient()
  })
  afterAll(() => patient.close())

  async function mended(code: string): Promise<void> {
    const result = await patient.examine()
    expect(errors(result)).toEqual([code])
    await patient.follow(findingOf(result, code))
    expect(codes(await patient.examine())).toEqual([])
  }

  describe('ICE9111: the API server of another cluster', () => {
    let other: ExtraCluster
    beforeAll(async () => {
      other = await startCluster()
    }, 2 * MINUTES)
    afterAll(() => other.stop())
    const there = () => ({
      kubernetes_host: other.address,
      kubernetes_ca_cert: readFileSync(other.caFile, 'utf8'),
    })

    test('with the token of this one', async () => {
      await writeConfig(patient, there())
      await mended('ICE9111')
    })

    test('with a token of that one, as if the mount were for it', async () => {
      const cluster = await openCluster(other.kubeconfig, other.context)
      try {
        const account = refs.serviceAccount('default', 'reviewer')
        const metadata = { name: 'reviewer', namespace: 'default' }
        await cluster.create(account, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
        const asked = { namespace: 'default', serviceAccount: 'reviewer', audiences: [], expirationSeconds: 600 }
        const { token } = await cluster.requestToken(asked)
        await writeConfig(patient, { ...there(), token_reviewer_jwt: token })
        await mended('ICE9111')
      } finally {
        await cluster.close()
      }
    })
  })

  describe('ICE9108: no answer', () => {
    const fronts: Front[] = []
    let silent: ChildProcess | undefined
    afterAll(async () => {
      silent?.kill('SIGKILL')
      await Promise.all(fronts.map((front) => front.close()))
    })

    test(
      'from what takes the connection and says nothing',
      async () => {
        const front = await startListener()
        fronts.push(front)
        await writeConfig(patient, { kubernetes_host: front.address })
        await mended('ICE9108')
      },
      2 * MINUTES,
    )

    test(
      'from where packets are lost: a socket whose queue is full',
      async () => {
        // Stopped, it takes nothing from its queue; once that is full, the kernel drops what comes.
        const code =
          "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log(s.address().port))"
        silent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
        const port = await new Promise<number>((resolve) =>
          silent!.stdout!.once('data', (data) => resolve(Number(data))),
        )
        silent.kill('SIGSTOP')
        const queue = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
        await writeConfig(patient, { kubernetes_host: `https://127.0.0.1:${port}` })
        const result = await patient.examine()
        for (const socket of queue) socket.destroy()
        expect(errors(result)).toEqual(['ICE9108'])
        expect(findingOf(result, 'ICE9108').evidence['Vault says']).toMatch(/i\/o timeout/)
        await patient.follow(findingOf(result, 'ICE9108'))
        expect(codes(await patient.examine())).toEqual([])
      },
      3 * MINUTES,
    )

    test(
      'from a server that takes the request and says nothing',
      async () => {
        const issuer = await createRoot('silent')
        const mute = await startFront({ issuer, reply: () => undefined })
        fronts.push(mute)
        await writeConfig(patient, { kubernetes_host: mute.address, kubernetes_ca_cert: issuer.certificate })
        await mended('ICE9108')
      },
      5 * MINUTES,
    )
  })
})

/** An address of this machine that is none of loopback: Go uses no proxy for those. */
const ownAddress = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === 'IPv4' && !one.internal)?.address

const withAddress = ownAddress === undefined ? describe.skip : describe

withAddress('ICE9119: a proxy between Vault and the API server', () => {
  let vault: ExtraVault
  let front: Front
  let patient: Patient
  let answer: string | undefined
  const sockets = new Set<Socket>()
  const proxy = createServer().on('connect', (request, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (answer !== undefined) return void socket.end(`HTTP/1.1 ${answer}\r\n\r\n`)
    const { hostname, port } = new URL(`http://${request.url ?? ''}`)
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    sockets.add(onward)
    onward.on('error', () => socket.destroy())
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { port } = proxy.address() as AddressInfo
    vault = await startVault({ through: ['/usr/bin/env', `HTTPS_PROXY=http://127.0.0.1:${port}`] })
    const issuer = await createRoot('balancer')
    const host = ownAddress!
    front = await startFront({ issuer, reply: toTheCluster, sans: [{ type: 'ip', value: host }], host })
    patient = await openPatient(
      (scenario) => {
        const trust = smallTrust(scenario)
        const demo = { ...trust.clusters['demo']!, apiServer: front.address, apiServerCA: { file: 'ca.pem' } }
        writeFileSync(join(scenario.folder, 'ca.pem'), issuer.certificate)
        return { ...trust, clusters: { demo } }
      },
      { vaultAddress: vault.address, vaultCaFile: vault.caFile, token: vault.token },
    )
  }, 2 * MINUTES)
  afterAll(async () => {
    await patient.close()
    await vault.stop()
    await front.close()
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => proxy.close(resolve))
  })

  test('one that lets it through is no fault', async () => {
    answer = undefined
    expect(errors(await patient.examine())).toEqual([])
  })

  test.each(['403 Forbidden', '407 Proxy Authentication Required', '502 Bad Gateway'])(
    'one that says %s',
    async (said) => {
      answer = said
      const result = await patient.examine()
      expect(errors(result)).toEqual(['ICE9119'])
      expect(findingOf(result, 'ICE9119').remedy.text).toContain('NO_PROXY')
    },
  )
})
